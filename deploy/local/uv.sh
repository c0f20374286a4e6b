#!/bin/sh
# Runs uv, the package manager, with the arguments given. Where there is none, or only an old one,
# fetches it into .uv/ with the system's Python and pip first; nothing outside this folder is touched.
set -eu

LEAST=0.9.0

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
own=$root/.uv/bin/uv

say() { printf 'uv.sh: %s\n' "$*" >&2; }

give_up() {
    say "$1"
    exit 1
}

is_new_enough() {
    found=$("$1" --version 2>/dev/null | cut -d' ' -f2) || return 1
    [ -n "$found" ] && [ "$(printf '%s\n%s\n' "$LEAST" "$found" | sort -V | head -n1)" = "$LEAST" ]
}

find_uv() {
    for uv in "${UV:-}" "$own" "$(command -v uv || true)" "${HOME:-/nonexistent}/.local/bin/uv"; do
        if [ -n "$uv" ] && [ -x "$uv" ] && is_new_enough "$uv"; then
            printf '%s\n' "$uv"
            return 0
        fi
    done
    return 1
}

find_python() {
    for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$python"
            return 0
        fi
    done
    return 1
}

# Two ways, because a bare Debian has pip without venv, or venv without pip; the second one leaves
# the system's packages alone too (PEP 668).
fetch_uv() {
    log=$root/.uv.log
    rm -rf "$root/.uv"
    if "$1" -m venv "$root/.uv" >"$log" 2>&1 &&
        "$root/.uv/bin/python" -m pip install --quiet "uv>=$LEAST" >>"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    rm -rf "$root/.uv"
    if "$1" -m pip install --quiet --target "$root/.uv" "uv>=$LEAST" >>"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    rm -rf "$root/.uv"
    tail -n 15 "$log" >&2
    rm -f "$log"
    return 1
}

uv=$(find_uv) || {
    python=$(find_python) || give_up "Python 3.11 or newer is needed and was not found"
    say "fetching uv into $root/.uv"
    fetch_uv "$python" ||
        give_up "uv could not be fetched with $python (see above); install python3-venv or python3-pip, or uv itself"
    uv=$own
}

# The system's Python, and the system's certificates, so that a company's own are trusted too.
export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true
unset UV
exec "$uv" "$@"
