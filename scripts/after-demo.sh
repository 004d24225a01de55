#!/usr/bin/env bash
# What to try next, printed by `make demo`.
cat <<'END'

The demo's lake is demo/lake. Try next:
  .venv/bin/lakeprep tables --lake demo/lake
  .venv/bin/lakeprep sql --lake demo/lake \
    "SELECT language, count(*) AS documents FROM gold.web GROUP BY 1 ORDER BY 2 DESC"
  .venv/bin/lakeprep audit --lake demo/lake
  .venv/bin/lakeprep run web demo/crawl/*.warc.gz --lake demo/lake    # again: reads no file
  .venv/bin/lakeprep run --help
END
