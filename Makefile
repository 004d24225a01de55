# Bare `make` lists the targets. Set-up happens by itself, in .venv, and only where something
# changed: scripts/setup.sh keeps a stamp for each step.

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow lint format jars services services-stop bench docs lock \
	build clean

BIN := .venv/bin
ARGS ?=

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup:  ## Install everything a developer needs into .venv
	@scripts/setup.sh spark package test dev jars warm

demo:  ## Write a demo crawl and take it through the whole job (demo/crawl, demo/lake)
	@scripts/setup.sh spark package jars warm
	@rm -rf demo
	@$(BIN)/lakeprep demo demo/crawl
	@$(BIN)/lakeprep run web demo/crawl/*.warc.gz --lake demo/lake
	@scripts/after-demo.sh

test:  ## Run the tests, without the slow ones (ARGS="-k masks")
	@scripts/setup.sh spark package test jars warm
	$(BIN)/python -m pytest -m "not slow" --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow:  ## Run the slow tests: kills, real pages at length, scale
	@scripts/setup.sh spark package test jars warm
	$(BIN)/python -m pytest -m slow $(ARGS)

lint:  ## Check style, types and SQL (ruff, mypy, sqlfluff)
	@scripts/setup.sh package test dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint sql

format:  ## Bring Python and SQL into the project's format
	@scripts/setup.sh package test dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff format sql

jars:  ## Fetch every jar, those for S3 and PostgreSQL too
	@scripts/setup.sh spark package
	@$(BIN)/lakeprep jars base s3 postgresql

services:  ## Start S3 (moto) and PostgreSQL on 127.0.0.1 for work by hand
	@scripts/setup.sh package test
	@scripts/services.sh start

services-stop:  ## Stop them
	@scripts/services.sh stop

bench:  ## Measure kernels, families and stages
	@scripts/setup.sh spark package test jars warm
	$(BIN)/python benchmarks/run.py $(ARGS)

docs:  ## Build the documentation strictly, into build/docs
	@scripts/setup.sh docs
	$(BIN)/mkdocs build --quiet --strict

lock:  ## Pin requirements/ anew from pyproject.toml (ARGS=--upgrade moves to newest)
	@scripts/setup.sh uv
	@scripts/lock.sh $(ARGS)

build:  ## Build the wheel and the source archive into dist
	@scripts/setup.sh package
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python

clean:  ## Remove what was made, except .venv
	@scripts/services.sh stop
	rm -rf build dist demo .services .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		spark-warehouse metastore_db derby.log
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
