#!/bin/bash
# What the switch says of its own speed: the look-up of each table with its model's cycles, the
# cycles that packets were measured to take, stage by stage, and a budget for them.
. "$(dirname "$0")/lib.sh"

start_dataplane --datapath-id 28
sw=tcp:127.0.0.1:6654
ofctl() { timeout 200 ovs-ofctl -O OpenFlow13 "$@"; }
for i in 1 2; do
	ct_start "c$i"
	switch port add "p$i" --type tap --option "netns=/run/netns/c$i" --option ifname=eth0 >/dev/null
	ip -n "c$i" addr add "10.0.0.$i/24" dev eth0
	ip -n "c$i" link set eth0 up
done

# Table 0: two ports; 1: MACs; 2: two hundred networks; 3: one rule for all; 4: no packet gets there.
{
	echo "table=0,in_port=1,actions=goto_table:1"
	echo "table=0,in_port=2,actions=goto_table:1"
	for i in $(seq 200); do
		echo "table=1,priority=9,dl_dst=02:0$((i % 10)):$((i % 7))0:00:01:$(printf %02x "$i"),actions=drop"
		echo "table=2,priority=$((16 + i % 9)),ip,nw_dst=172.$i.0.0/$((16 + i % 9)),actions=drop"
	done
	echo "table=1,priority=1,actions=goto_table:2"
	echo "table=2,priority=1,actions=goto_table:3"
	echo "table=3,actions=flood"
	echo "table=4,actions=drop"
} >"$tmp/flows"
ofctl replace-flows $sw "$tmp/flows"

tables() { switch tables -o json | jq -e "$@" >/dev/null || fail "$1: $(switch tables -o json)"; }
workers() { switch workers -o json | jq -e "$@" >/dev/null || fail "$1: $(switch workers -o json)"; }

say "look-ups are named, with their models; where no packet came there is a dash"
tables '[.tables[].id] == [0, 1, 2, 3, 4]'
tables '.tables[1].lookup == "exact" and .tables[3].lookup == "catch-all"'
tables '.tables[2].lookup | . == "lpm" or . == "merged" or . == "direct"'
tables 'all(.tables[]; (.why | length > 0) and .modelCycles > 0 and .memoryBytes > 0)'
tables 'all(.tables[0:3][]; .maxLines > 0 and .isOnWorstWay)'
tables '.tables[4] | .isOnWorstWay == false and .find == null and .run == null'
says '^ +4 +1 +catch-all +[0-9]+ +[0-9]+ +- +- ' switch tables

say "with traffic: what each stage costs"
# One burst in many is measured, so there must be some hundred; between kernel interfaces a burst is a packet or a few.
reach_soon c1 10.0.0.2
traffic() { ct_exec c1 busybox ping -i 0.0005 -c 8000 -q 10.0.0.2 >/dev/null 2>&1; }
measured() {
	traffic
	switch workers -o json | jq -e '[.workers[0].stages[] | select(.cost.nPackets > 0) | .name] |
		map(select(. != "cache")) == ["rx", "parse", "table", "table", "table", "table", "gather", "tx"]'
}
wait_for 60 "each stage to be measured" measured
workers 'all(.workers[0].stages[]; .cost.cycles > 0 and .cost.cycles < 1e12)'
workers '[.workers[0].stages[] | select(.name == "table") | .table] == [0, 1, 2, 3]'
workers 'all(.workers[0].stages[] | select(.name == "table"); .find.cycles > 0 and .run.cycles > 0)'
workers '.workers[0] | .nPackets > 1000 and .load >= 0 and .load <= 1 and .cyclesPerPacket > 0'
tables 'all(.tables[0:4][]; .find.cycles > 0 and .find.nPackets > 0 and .run.cycles > 0)'
tables '.tables[4] | .find == null and .nLookups == 0'
says '^rx +[0-9.]+ +- +- +[0-9]+$' switch workers
says '^table 2 +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9]+$' switch workers
workers 'all(.workers[]; .isCacheOff == false)'
while true; do traffic; done &
endless=$!
busy() { switch workers -o json | jq -e '.workers[0] | .packetsPerSecond > 0 and .packetsPerBurst >= 1 and .cyclesNow > 0 and .load > 0'; }
wait_for 10 "the load to be seen" busy
stop $endless TERM

say "tables that need no look-up of their own for what another table has found"
for i in $(seq 8); do
	echo "table=10,dl_dst=02:00:00:00:00:0$i,actions=write_metadata:$i,goto_table:11"
	echo "table=11,metadata=$i,tcp,tp_dst=$i,actions=output:1"
done >"$tmp/linked"
ofctl add-flows $sw "$tmp/linked"
linked() { switch tables -o json | jq -e '[.tables[] | {(.id | tostring): .nLinks}] | add | .["11"] == 8 and .["0"] == 0'; }
wait_for 10 "links into table 11" linked
says '^ +11 .*; linked from 8 flows$' switch tables
ofctl del-flows $sw table=10
ofctl del-flows $sw table=11

say "again and again"
watches() { # COMMAND that tells whether $tmp/watched has two of OPTION...
	local twice=$1
	shift
	weft --socket "$socket" switch "$@" >"$tmp/watched" 2>&1 </dev/null 9>&- &
	wait_for 10 "$* to tell twice" "$twice"
	stop $! TERM
}
two_objects() { [ "$(jq -s length "$tmp/watched")" -ge 2 ]; }
two_tables() { [ "$(grep -c '^TABLE' "$tmp/watched")" -ge 2 ]; }
watches two_objects workers --interval 1 -o json
watches two_tables tables --watch
refused 'interval' switch tables --interval 0

say "a budget that warns"
worst=$(switch info -o json | jq .worstCycles)
[ "$worst" -gt 0 ] || fail "the worst way costs $worst"
switch info -o json | jq -e '.worstTables == [0, 1, 2, 3] and .cycleBudget == 0' >/dev/null || fail "$(switch info -o json)"
says "^looking a packet up costs at most $worst cycles by the model, in tables 0,1,2,3$" switch info
stop "$dataplane_pid" TERM
start_dataplane --cycle-budget "$worst" --flow-cache off
workers 'all(.workers[]; .isCacheOff and .isCacheUsed == false)'
ofctl replace-flows $sw "$tmp/flows"
ofctl barrier $sw 2>/dev/null || ofctl dump-tables $sw >/dev/null
says "within the budget of $worst" switch info
tables 'all(.tables[]; .isOverBudget == false)'
ofctl add-flow $sw table=5,in_port=1,actions=drop
ofctl add-flow $sw table=3,priority=9,in_port=1,actions=goto_table:5
says "over budget: more than the budget of $worst" switch info
tables '[.tables[] | select(.isOverBudget) | .id] == [0, 1, 2, 3, 5]'
says '^ +5 .* over budget; ' switch tables
grep -qE "warn: over the budget: looking a packet up in tables 0, 1, 2, 3 and 5 can cost [0-9]+ cycles, and cycle-budget is $worst; most of it is table [0-9] \([a-z]+\), [0-9]+ cycles: " "$tmp/dataplane.log" ||
	fail "the log does not tell of it"
ofctl del-flows $sw table=5
ofctl del-flows $sw table=3,in_port=1
says "within the budget of $worst" switch info
wait_for 5 "the log to tell of it" grep -q "within the budget again" "$tmp/dataplane.log"

say "a budget that refuses"
stop "$dataplane_pid" TERM
echo "cycle-budget = $worst
over-budget = refuse" >"$tmp/weft-dataplane.conf"
start_dataplane --config "$tmp/weft-dataplane.conf"
ofctl replace-flows $sw "$tmp/flows"
ofctl add-flow $sw table=5,in_port=1,actions=drop
ofctl --no-stats dump-flows $sw >"$tmp/before"
refused 'OFPFMFC_TABLE_FULL' ofctl add-flow $sw table=3,priority=9,in_port=1,actions=goto_table:5
refused 'OFPFMFC_TABLE_FULL' ofctl mod-flows $sw table=3,actions=goto_table:5
refused 'OFPFMFC_TABLE_FULL' timeout 200 ovs-ofctl -O OpenFlow14 --bundle add-flow $sw table=3,priority=9,in_port=1,actions=goto_table:5
ofctl --no-stats dump-flows $sw >"$tmp/after"
cmp -s "$tmp/before" "$tmp/after" || fail "a refused flow has changed: $(diff "$tmp/before" "$tmp/after" | head -n 5)"
says "within the budget of $worst, 3 flows refused" switch info
grep -qE "warn: tcp:127.0.0.1:[0-9]+: refused a flow with which looking a packet up in tables 0, 1, 2, 3 and 5 could cost [0-9]+ cycles; cycle-budget is $worst" "$tmp/dataplane.log" ||
	fail "the log does not tell of it"
# What is cheap, or takes the place of what it costs, is accepted.
ofctl add-flow $sw table=1,priority=9,dl_dst=02:99:00:00:00:01,actions=drop
printf '%s\n' 'delete table=2' 'table=1,priority=1,actions=goto_table:3' 'table=3,actions=goto_table:5' >"$tmp/bundle"
timeout 200 ovs-ofctl -O OpenFlow14 --bundle add-flows $sw "$tmp/bundle"
says 'in tables 0,1,3,5; within' switch info

say "the controller tells of what was refused"
stop "$dataplane_pid" TERM
start_controller
start_dataplane --cycle-budget 5 --over-budget refuse
wait_for 20 "the host to connect" host_is_connected
weft project create acme >/dev/null
weft network create blue --project acme --subnet 10.1.0.0/24 >/dev/null
ct_start web
weft port create web --project acme --network blue >/dev/null
timeout 300 weft port attach web --project acme --kind tap --netns web --ifname eth0 >/dev/null 2>&1 &
attach=$!
told() { port_json acme web | jq -e '.state != "ACTIVE" and (.stateReason | test("OFPFMFC_TABLE_FULL"))'; }
wait_for 10 "the port's state to say why" told
kill $attach
wait $attach || true
stop "$controller_pid"

say "options that make no sense"
refused 'over-budget' weft-dataplane --over-budget panic --socket "$tmp/none.sock" --listen none --controller none
refused 'flow-cache.*auto, off or on' weft-dataplane --flow-cache maybe --socket "$tmp/none.sock" --listen none --controller none
refused 'cycle-budget' weft-dataplane --cycle-budget -1 --socket "$tmp/none.sock" --listen none --controller none
