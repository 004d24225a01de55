"""A release as files: shards, and the manifest that vouches for them."""
