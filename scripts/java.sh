#!/usr/bin/env bash
# Makes sure of a Java that Spark runs on: installs one where that is a matter of one known
# command and we may, else says in one line what to do.
#   scripts/java.sh PYTHON
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly python=$1

# Runs before lakeprep is installed, so that what is missing is said before the long download.
check() { PYTHONPATH=src "$python" -m lakeprep.java 2>&1; }

install_with_apt() {
    # Slim images lack the folder that the package's alternatives link into.
    mkdir -p /usr/share/man/man1
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    local version
    for version in 17 21; do
        if apt-cache show "openjdk-$version-jre-headless" >/dev/null 2>&1; then
            apt-get install -y -qq --no-install-recommends \
                "openjdk-$version-jre-headless"
            return
        fi
    done
    return 1
}

if problem=$(check); then
    exit 0
fi
# A JAVA_HOME that is wrong stays wrong whatever is installed: that is for its owner to settle.
if [[ -z ${JAVA_HOME:-} && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "set-up: installing a Java runtime" >&2
    if install_with_apt >/dev/null </dev/null && problem=$(check); then
        exit 0
    fi
fi
echo "$problem" >&2
exit 2
