"""Lists of URLs that users bring: files in, sorted hashes out (docs/url-lists.md)."""
