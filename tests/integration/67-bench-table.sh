#!/bin/bash
# `make bench` in small: what its driver makes goes through a switch unharmed, the table is measured and
# written, and nothing is left behind.
#
#	net_weftgen0 --port 1-- weft-dataplane --port 2-- net_weftgen1
limit=150
. "$(dirname "$0")/lib.sh"

say "the driver"
/usr/bin/python3 "$root/tests/integration/bench_driver.py" "$bin" "$tmp"

say "two cells of the table"
table() { "$root/tests/bench/table.py" --build "$build" --folder "$tmp" --results "$tmp/results" --no-huge --quick "$@"; }
pages=$(cat /proc/sys/vm/nr_hugepages)
table --cells one:1k,learn:1k >"$tmp/table.log" 2>&1 || fail "the table"
grep -qE '^learning switch.* limit +100 +100 +100 +150 +150$' "$tmp/table.log" || fail "no table"
grep -qE '^[0-9]+ of [0-9]+ limits are met$' "$tmp/table.log" || fail "no verdict"
jq -e '[.cells[] | select(.switch == "weft") | .median_packets_per_second > 0 and (.lost | max) < 0.5]
	| length == 2 and all' "$tmp"/results/*.json >/dev/null || fail "cells: $(cat "$tmp"/results/*.json)"
jq -e '.machine.tsc_hz > 1e8 and (.limits | length) >= 2 and (.versions.Weft | test("weft-dataplane"))' \
	"$tmp"/results/*.json >/dev/null || fail "facts"
grep -q '<html' "$tmp"/results/*.html || fail "no page"
[ "$(cat /proc/sys/vm/nr_hugepages)" = "$pages" ] || fail "huge pages were left behind"

say "what it cannot do"
refused "no cell 'nonsense'" table --cells nonsense
refused "no cell 'one:7'" table --cells one:7
refused 'two CPUs' taskset -c 0 "$root/tests/bench/table.py" --build "$build" --folder "$tmp" --no-huge
[ -z "$(pgrep weft-dataplane; pgrep dpdk-testpmd)" ] || fail "a switch was left behind"
