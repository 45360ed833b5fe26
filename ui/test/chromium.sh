#!/bin/sh
# Prints where Chromium is; fails when there is none.
for each in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$each" ] && command -v "$each" 2>/dev/null; then exit 0; fi
done
exit 1
