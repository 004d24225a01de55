"""The demo crawl: made-up pages with planted truth, the same on every machine."""

from __future__ import annotations

from lakeprep.demo.crawl import TRUTH_FILE, DemoSummary, write_demo

__all__ = ["TRUTH_FILE", "DemoSummary", "write_demo"]
