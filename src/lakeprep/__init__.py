"""lakeprep: crawled web pages into training text, on Spark and Iceberg."""

__version__ = "0.1.0"
