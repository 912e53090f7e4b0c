#!/bin/bash
# Barriers are exact: after the reply the very next packet sees the new tables, and statistics
# count every packet already forwarded; thousands of times, with traffic running.
limit=150
. "$(dirname "$0")/lib.sh"

prepare() { # WORKERS
	start_dataplane --controller none --workers "$1"
	for i in 1 2 3 4 5; do
		[ -e "/run/netns/c$i" ] || ct_start "c$i"
		switch port add "p$i" --type tap --option "netns=/run/netns/c$i" --option ifname=eth0 --number "$i" >/dev/null
		ip -n "c$i" link set eth0 up
	done
	timeout 100 ovs-ofctl -O OpenFlow13 add-flow tcp:127.0.0.1:6654 "priority=1,in_port=4,actions=output:5"
	ip netns exec c4 python3 "$root/tests/integration/frame.py" send eth0 100000000 \
		ffffffffffff02000000000488b4 >/dev/null 2>&1 </dev/null &
	flood_pid=$!
}

traffic_ran() {
	local n
	n=$(timeout 100 ovs-ofctl -O OpenFlow13 dump-flows tcp:127.0.0.1:6654 in_port=4 | grep -o 'n_packets=[0-9]*')
	kill -0 "$flood_pid" || fail "the traffic has ended"
	[ "${n#*=}" -gt 1000 ] || fail "there was hardly any traffic meanwhile: $n"
	say "meanwhile ${n#*=} other packets were forwarded"
}

say "one worker"
prepare 0
python3 "$root/tests/integration/barrier.py" 2000 12
traffic_ran
stop "$flood_pid"
stop "$dataplane_pid" TERM

if [ "$(nproc)" -ge 2 ]; then
	say "two workers"
	prepare 0,1
	python3 "$root/tests/integration/barrier.py" 2000 12
	traffic_ran
	stop "$flood_pid"
	stop "$dataplane_pid" TERM
fi
