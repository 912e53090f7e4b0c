#!/bin/bash
# One rule among 10,000 of a stateful firewall changes, again and again, while connections are in use:
# not one packet of theirs is lost, and none breaks.  The rule that lets them pass goes: they stand.
limit=200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/firewall.sh"
start_firewall
here=$root/tests/integration

# Rule I, about a host that nobody is.
rule() {
	echo "table=1,priority=$((91 + $1 % 8)),ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=$((1 + $1)),ip,nw_dst=10.7.$(($1 / 250)).$(($1 % 250))"
}
n_rules() { ofctl dump-aggregate $flows table=1 | sed -n 's/.*flow_count=\([0-9]*\).*/\1/p'; }
lines() { wc -l <"$tmp/talk"; }
grows() {
	local before
	before=$(lines)
	wait_for 10 "the conversation to go on" more_lines_than "$before"
}
more_lines_than() { [ "$(lines)" -gt "$1" ]; }
stands_still() {
	local before
	before=$(lines)
	sleep 1
	[ "$(lines)" = "$before" ]
}

say "10,000 rules, and connections through them"
before=$(n_rules)
for i in $(seq 0 9999); do echo "$(rule "$i"),actions=drop"; done >"$tmp/rules"
ofctl add-flows $flows "$tmp/rules"
[ "$(n_rules)" = $((before + 10000)) ] || fail "there are $(n_rules) rules"
ip netns exec outside python3 "$here/flow.py" serve 80 >"$tmp/serve.log" 2>&1 </dev/null 9>&- &
wait_for 10 "the server" listens outside t 80
ip netns exec inside python3 "$here/flow.py" talk 10.0.0.2 80 "$tmp/talk" >"$tmp/talk.log" 2>&1 </dev/null 9>&- &
wait_for 10 "the conversation to begin" test -s "$tmp/talk"

say "one of them goes and comes back, hundreds of times"
ping_all inside 10.0.0.2 1000 0.01 >"$tmp/ping.log" 2>&1 &
ping_pid=$!
n=0
while [ $n -lt 500 ] || kill -0 $ping_pid 2>/dev/null; do
	for i in $(seq $n $((n + 49))); do
		echo "delete_strict $(rule $((i * 17 % 10000)))"
		echo "add $(rule $((i * 17 % 10000))),actions=drop"
	done >"$tmp/changes"
	ofctl add-flows $flows "$tmp/changes"
	n=$((n + 50))
done
wait $ping_pid || fail "packets were lost: $(tail -n 3 "$tmp/ping.log"; switch drops; switch port stats)"
[ "$(n_rules)" = $((before + 10000)) ] || fail "there are $(n_rules) rules"
grows
say "$n changes"

say "the rule that lets established connections pass goes, and they stand; it comes back, and they go on"
est='table=1,priority=90,ct_state=+est+trk'
ofctl --strict del-flows $flows "$est"
wait_for 10 "the conversation to stand" stands_still
switch conntrack list --proto tcp | grep -q ESTABLISHED || fail "the connection itself is gone"
ofctl add-flow $flows "$est,actions=goto_table:2"
grows
