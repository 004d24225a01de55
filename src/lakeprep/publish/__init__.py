"""Audits the branch of a data set, and only then moves main and tags the release."""
