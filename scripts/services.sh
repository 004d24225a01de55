#!/usr/bin/env bash
# Real servers for work by hand, on 127.0.0.1 only, their state and process ids in .services.
#   scripts/services.sh start|stop|status
# S3 is moto's server from requirements/test.txt; PostgreSQL is the system's, where installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly state=$PWD/.services
readonly s3_port=${LAKEPREP_S3_PORT:-5566} postgres_port=${LAKEPREP_POSTGRES_PORT:-5567}

# Debian keeps the server's programs off the PATH, one folder a version.
find_postgres() {
    local program
    for program in "$(command -v postgres || true)" /usr/lib/postgresql/*/bin/postgres; do
        if [[ -x $program ]]; then
            dirname "$program"
            return
        fi
    done
    return 1
}

# PostgreSQL refuses to run as root.
as_server_user() {
    if [[ $(id -u) == 0 ]]; then
        setpriv --reuid=postgres --regid=postgres --init-groups "$@"
    else
        "$@"
    fi
}

s3_runs() { [[ -f $state/s3.pid ]] && kill -0 "$(<"$state/s3.pid")" 2>/dev/null; }

start_s3() {
    s3_runs && return
    .venv/bin/moto_server -H 127.0.0.1 -p "$s3_port" >"$state/s3.log" 2>&1 </dev/null &
    echo $! >"$state/s3.pid"
    for _ in {1..50}; do
        (exec 3<>"/dev/tcp/127.0.0.1/$s3_port") 2>/dev/null && return
        s3_runs || break
        sleep 0.2
    done
    echo "error: the S3 server did not start; see .services/s3.log" >&2
    return 1
}

start_postgres() {
    local bin=$1 data=$state/postgres
    as_server_user "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1 && return
    if [[ ! -f $data/PG_VERSION ]]; then
        mkdir -p "$data"
        if [[ $(id -u) == 0 ]]; then chown postgres: "$data"; fi
        as_server_user "$bin/initdb" -D "$data" -U lakeprep -A trust -E UTF8 --locale=C >/dev/null
    fi
    as_server_user "$bin/pg_ctl" -D "$data" -l "$data/server.log" -w start >/dev/null -o \
        "-c listen_addresses=127.0.0.1 -c port=$postgres_port -c unix_socket_directories=''"
}

status() {
    if s3_runs; then
        echo "S3:         http://127.0.0.1:$s3_port (any key and secret)"
    else
        echo "S3:         not running"
    fi
    if [[ -f $state/postgres/postmaster.pid ]]; then
        echo "PostgreSQL: postgresql://lakeprep@127.0.0.1:$postgres_port/postgres"
    elif find_postgres >/dev/null; then
        echo "PostgreSQL: not running"
    else
        echo "PostgreSQL: not installed (Debian: apt-get install postgresql)"
    fi
}

start() {
    mkdir -p "$state"
    start_s3
    if bin=$(find_postgres); then start_postgres "$bin"; fi
    status
}

stop() {
    if s3_runs; then kill "$(<"$state/s3.pid")"; fi
    rm -f "$state/s3.pid"
    if [[ -f $state/postgres/postmaster.pid ]] && bin=$(find_postgres); then
        as_server_user "$bin/pg_ctl" -D "$state/postgres" -m fast -w stop >/dev/null
    fi
}

case ${1:-} in
    start | stop | status) "$1" ;;
    *)
        echo "usage: scripts/services.sh start|stop|status" >&2
        exit 2
        ;;
esac
