#!/bin/bash
# A foreign controller, os-ken, drives the switch in OpenFlow 1.3, 1.4 and 1.5: an application asks
# for everything, programs groups, meters, tables and bundles, and forwards between two containers
# by learning; tshark, which sees all of it, finds no malformed message.
#
#   c1 (port 1) -- switch -- c2 (port 2)        os-ken listens at 6653
limit=240
. "$(dirname "$0")/lib.sh"

for i in 1 2; do ct_start "c$i"; done
for version in 3 4 5; do
	say "OpenFlow 1.$version"
	export OF_VERSION=$version RESULT=$tmp/result-$version
	start_dataplane --datapath-id beef
	for i in 1 2; do
		switch port add "p$i" --type tap --option "netns=c$i" --option ifname=eth0 --number "$i" >/dev/null
		ip -n "c$i" addr replace "10.0.0.$i/24" dev eth0
		ip -n "c$i" link set eth0 address "02:00:00:00:00:0$i" up
	done
	/usr/bin/osken-manager --ofp-listen-host 127.0.0.1 --ofp-tcp-listen-port 6653 \
		"$root/tests/integration/osken_app.py" >"$tmp/osken-$version.log" 2>&1 </dev/null &
	osken_pid=$!
	wait_for 60 "the application to come to forwarding" \
		grep -qE '^(forwarding|FAILED)' "$RESULT"
	grep -q FAILED "$RESULT" && fail "$(cat "$RESULT")"
	reach_soon c1 10.0.0.2
	reach c2 10.0.0.1
	wait_for 40 "the application's end" grep -qE '^(done|FAILED)' "$RESULT"
	grep -q FAILED "$RESULT" && fail "$(cat "$RESULT")"
	paste -sd, "$RESULT"
	stop "$osken_pid"
	stop "$dataplane_pid" TERM
done
