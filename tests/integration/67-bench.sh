#!/bin/bash
# weft-bench switch measures, says what is wrong, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

export TMPDIR=$tmp
says '^7 flows, 64 bytes +[0-9.]+ Mpps +[0-9.]+ cycles/packet' weft-bench switch --seconds 1 --flows 7
says '^1 flow, 1514 bytes +[0-9.]+ Mpps' weft-bench switch --seconds 1 --flows 1 --size 1514 \
	--flow 'priority=9,udp,nw_src=10.0.0.0/8,nw_dst=11.0.0.0/8,tp_dst=4789,actions=output:2'
says '^1 flow, 64 bytes' weft-bench --seconds 1 --flows 1 # without a mode it is switch
refused 'no packet reached' weft-bench switch --seconds 1 --flows 1 --flow 'in_port=9,actions=output:2'
refused 'nonsense' weft-bench switch --seconds 1 --flow nonsense
refused 'nonsense' weft-bench switch --seconds 1 --from nonsense
refused 'size' weft-bench switch --size 9
refused 'weft-dataplane did not start' weft-bench switch --seconds 1 --workers 9999
[ -z "$(pgrep weft-dataplane)" ] || fail "a switch was left behind"
[ -z "$(ls -d "$tmp"/weft-bench.* 2>/dev/null)" ] || fail "a folder was left behind"
