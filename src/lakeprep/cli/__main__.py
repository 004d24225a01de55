"""`python -m lakeprep.cli`."""

from lakeprep.cli import main

main()
