#!/usr/bin/env bash
# Pins what pyproject.toml asks for: exact versions and hashes, one file a purpose, for every
# Python from 3.10 on. A version that still fits stays; `scripts/lock.sh --upgrade` moves them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=.venv/bin/uv

# No header, index or file-system address: the files must be the same whoever makes them.
pin() {
    local target=requirements/$1.txt
    shift
    "$uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        --output-file "$target" "$@"
    echo "$target: $(grep -c '==' "$target") packages"
}

pin uv --group uv "$@"
pin build --group build "$@"
pin run pyproject.toml "$@"
pin test --group test --constraint requirements/run.txt "$@"
pin dev --group dev --constraint requirements/run.txt --constraint requirements/test.txt "$@"
pin docs --group docs --constraint requirements/run.txt --constraint requirements/test.txt \
    --constraint requirements/dev.txt "$@"
