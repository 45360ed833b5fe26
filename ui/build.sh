#!/bin/sh
# Builds ui/dist when it is missing or a source of it is newer. Run by Maven before it packs the jar. Without Node the jar
# is packed with the UI that is there, or without one, and a line says so.
set -eu
cd "$(dirname -- "$0")"

is_fresh() {
    [ -f dist/index.html ] && [ -z "$(find package.json package-lock.json tsconfig.json vite.config.ts index.html src public \
        scripts/compress.mjs build.sh -newer dist/index.html -print | head -n 1)" ]
}

# Vite needs 20.19, or 22.12 and newer.
node_will_do() {
    version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    major=${version%%.*}
    rest=${version#*.}
    [ "$major" -gt 22 ] || { [ "$major" -eq 22 ] && [ "${rest%%.*}" -ge 12 ]; } || { [ "$major" -eq 20 ] && [ "${rest%%.*}" -ge 19 ]; }
}

case ${1:-} in
    --is-fresh) is_fresh && exit 0 || exit 1 ;;
    --needs-node) if node_will_do && command -v npm >/dev/null 2>&1; then exit 1; else exit 0; fi ;;
esac
if is_fresh; then exit 0; fi
if ! node_will_do || ! command -v npm >/dev/null 2>&1; then
    with="without the web UI"
    [ ! -f dist/index.html ] || with="with the web UI of an earlier build"
    echo "millwright: built $with, because it needs Node 20.19 or newer with npm: apt install nodejs npm, brew install node, or nodejs.org." >&2
    exit 0
fi
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-fund --no-audit >&2
    touch node_modules/.package-lock.json
fi
npm run --silent build >&2
touch dist/index.html
