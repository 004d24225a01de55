"""Files in, bronze out."""
