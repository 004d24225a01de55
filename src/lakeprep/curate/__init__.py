"""Decides what becomes of each document of silver, in SQL, with the evidence."""
