#!/usr/bin/env bash
# Brings .venv to the state that the named steps ask for, from a bare machine on.
#   scripts/setup.sh STEP...     steps: uv package test dev docs spark jars warm
# A step whose inputs have not changed since it last succeeded is skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly stamps=.venv/.setup
readonly python=.venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK=1
readonly oldest='(3, 10)' newest='(3, 14)'

say() { echo "set-up: $*" >&2; }
fail() {
    echo "error: $*" >&2
    exit 2
}

sha256() { if command -v sha256sum; then sha256sum; else shasum -a 256; fi; }

# What a step depends on: where the checkout is, which Python .venv has, and the files named.
digest() { { pwd; cat .venv/pyvenv.cfg "$@"; } | { sha256 | tail -n 1; } }

is_done() {
    local name=$1
    shift
    [[ -f $stamps/$name && $(<"$stamps/$name") == "$(digest "$@")" ]]
}

mark_done() {
    local name=$1
    shift
    mkdir -p "$stamps"
    digest "$@" >"$stamps/$name"
}

is_supported() {
    "$1" -c "import sys; sys.exit(not $oldest <= sys.version_info[:2] <= $newest)" 2>/dev/null
}

as_root_on_debian() { [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; }

find_python() {
    local name
    if [[ -n ${PYTHON:-} ]]; then
        is_supported "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.10 to 3.14"
        echo "$PYTHON"
        return
    fi
    # A pyenv shim exists for versions that are not there: only running it tells.
    for name in python3 python3.13 python3.12 python3.11 python3.10 python3.14; do
        if command -v "$name" >/dev/null && is_supported "$name"; then
            echo "$name"
            return
        fi
    done
    local found
    found=$(python3 --version 2>/dev/null) || true
    fail "lakeprep needs Python 3.10 to 3.14; on the PATH is ${found:-none}. Install one:" \
        "apt-get install python3 python3-venv, dnf install python3.12, brew install python@3.12;" \
        "or name it: make PYTHON=/path/to/python3"
}

make_venv() {
    local base=$1
    "$base" -m venv .venv >/dev/null 2>&1 && return
    # Debian takes ensurepip out of its Python; pip beside it serves as well.
    rm -rf .venv
    if "$base" -m pip --version >/dev/null 2>&1 && "$base" -m venv --without-pip .venv; then
        return
    fi
    rm -rf .venv
    as_root_on_debian || fail "$base cannot make virtual environments;" \
        "run: sudo apt-get install python3-venv (or your system's equal), then again"
    say "installing python3-venv"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } \
        >/dev/null </dev/null || fail "apt-get could not install python3-venv"
    "$base" -m venv .venv || fail "$base cannot make virtual environments, even with python3-venv"
}

step_venv() {
    # A copied or moved checkout has scripts that point to the old place: start over. An
    # environment that somebody made here by hand is taken as it is.
    if [[ -d .venv ]] && is_supported "$python"; then
        if [[ ! -f $stamps/place || $(<"$stamps/place") == "$PWD" ]]; then
            return
        fi
        say "the checkout has moved: making .venv anew"
    fi
    local base
    base=$(find_python)
    rm -rf .venv
    say "making .venv with $("$base" --version)"
    make_venv "$base"
    mkdir -p "$stamps"
    pwd >"$stamps/place"
}

step_uv() {
    is_done uv requirements/uv.txt && return
    local install=(install --quiet --require-hashes --requirement requirements/uv.txt)
    if "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip "${install[@]}"
    else
        "$(find_python)" -m pip --python "$python" "${install[@]}" ||
            fail "there is no pip for $python; remove .venv and run make again"
    fi
    mark_done uv requirements/uv.txt
}

# Without build isolation: what builds the two packages that come as source is pinned too.
uv_install() {
    .venv/bin/uv pip install --python "$python" --no-build-isolation --compile-bytecode "$@"
}

step_requirements() {
    local name=$1 file=requirements/$1.txt
    is_done "$name" "$file" && return
    step_uv
    say "installing $file"
    uv_install --quiet --require-hashes --requirement "$file"
    mark_done "$name" "$file"
}

step_package() {
    step_requirements build
    step_requirements run
    is_done package pyproject.toml src/lakeprep/__init__.py && return
    step_uv
    uv_install --quiet --no-deps --editable .
    mark_done package pyproject.toml src/lakeprep/__init__.py
}

step_warm() {
    is_done warm requirements/run.txt src/lakeprep/kernels/*.py && return
    say "compiling the kernels, archiving Spark's classes"
    "$python" -m lakeprep.cli warm 2>/dev/null
    mark_done warm requirements/run.txt src/lakeprep/kernels/*.py
}

step_venv
for step in "$@"; do
    case $step in
        uv | package | warm) "step_$step" ;;
        test | dev | docs) step_requirements "$step" ;;
        spark) scripts/java.sh "$python" ;;
        jars) "$python" -m lakeprep.jars base >/dev/null ;;
        *) fail "no set-up step $step" ;;
    esac
done
