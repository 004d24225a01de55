"""Tables, branches, watermarks and runs: the only code that speaks Iceberg."""
