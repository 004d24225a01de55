"""`lakeprep export` for spark-submit: the same options, in the session that it gives."""

from lakeprep.cli import job

job("export")
