"""What a run did, on one page."""
