#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does the page of `ta cost --html` render? Opens it in headless Chromium and checks that the script
# ran to its end, that every result has its cell in a heat map, and that nothing refers to a network.
# Exits 0, 1 (a check failed), 2 (usage), or 77 (no Chromium here).
set -u

usage='usage: page_check.sh PAGE | page_check.sh TEMPLATE JSON'
place='/*TA_COST_DATA*/null'

fail() {
    printf 'page_check: %s\n' "$*" >&2
    exit 1
}

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    printf '%s\n' "$usage" >&2
    exit 2
fi
for file in "$@"; do
    [ -r "$file" ] || fail "cannot read $file"
done

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
page=$work/page.html

# Two arguments: make the page as the tool does, with every < of the data escaped.
if [ $# -eq 2 ]; then
    template=$(<"$1")
    json=$(sed 's/</\\u003c/g' "$2")
    [[ $template == *"$place"* ]] || fail "$1: no place for the data"
    printf '%s%s%s\n' "${template%%"$place"*}" "$json" "${template#*"$place"}" >"$page"
else
    cp "$1" "$page" || exit 1
fi

# What the file itself must hold, and must not. These need no browser.
grep -qF "$place" "$page" && fail 'the place of the data is still empty, or stands twice'
grep -qF "default-src 'none'" "$page" || fail 'the policy that forbids the network is missing'
if grep -nEi "https?://|[\"'(= ]//[a-z0-9]|@import|url\(|<link|<iframe|[^-]src=[\"']" "$page" >"$work/refs"; then
    cut -c 1-200 "$work/refs" >&2
    fail 'the page refers to something outside itself'
fi
results=$(grep -oE '"p25"[[:space:]]*:' "$page" | wc -l)

chromium=
for name in chromium chromium-browser google-chrome; do
    chromium=$(command -v "$name") && break
done
if [ -z "$chromium" ]; then
    echo 'skip: no Chromium here'
    exit 77
fi

timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --user-data-dir="$work/profile" --enable-logging=stderr --window-size=1280,1000 \
    --dump-dom "file://$page" >"$work/dom" 2>"$work/log" ||
    { tail -n 5 "$work/log" >&2; fail "$chromium failed"; }

state=$(grep -oE '<body[^>]*data-rendered="[^"]*"' "$work/dom" | sed 's/.*data-rendered=//')
[ "$state" = '"ok"' ] || fail "the script did not end well: ${state:-no state}"
if grep -F CONSOLE "$work/log" >&2; then
    fail 'the browser has messages on its console'
fi

cells=0
while read -r n; do
    cells=$((cells + n))
done < <(grep -oE '<figure[^>]*data-cells="[0-9]+"' "$work/dom" | grep -oE '[0-9]+"$' | tr -d '"')
[ "$cells" -eq "$results" ] || fail "$results results, but the maps hold $cells"

# Maps drawn as tables can be counted cell by cell; a canvas cannot.
if ! grep -q '<canvas' "$work/dom"; then
    drawn=$(grep -oE '<button[^>]*class="cell value' "$work/dom" | wc -l)
    [ "$drawn" -eq "$results" ] || fail "$results results, but $drawn cells are drawn"
fi
echo "page_check: $results results, all in maps"
