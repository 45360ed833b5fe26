#!/bin/sh
# Everything the web UI must pass: lint and types, units, sizes, and the walk through every screen in a real browser.
set -eu
cd "$(dirname -- "$0")"

if ./build.sh --needs-node; then
    echo "ui: its tests need Node 20.19 or newer with npm" >&2
    exit 1
fi
./build.sh
if ! sh test/chromium.sh >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "ui: installing chromium"
        apt-get update -q
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core
    else
        echo "ui: the browser tests need chromium on the PATH, or its path in CHROMIUM" >&2
        exit 1
    fi
fi
CHROMIUM=$(sh test/chromium.sh)
export CHROMIUM
failed=0
for part in lint test:unit test:size test:browser; do
    npm run --silent "$part" || failed=1
done
exit "$failed"
