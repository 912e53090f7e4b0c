#!/bin/bash
# Controllers that never read, flood, dribble, send messages of 64 KB, open a thousand connections or
# go in the middle of a bundle cost others nothing: a good controller's barriers are answered, no
# packet is lost, and memory stays within its bound.  Nor does a guest that floods the controller
# with misses keep those of another port from it.
#
#   c1 (port 1) --+
#   c2 (port 2) --+-- switch -- a good controller, bad controllers
#   c3 (port 3) --+
limit=120
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none --listen tcp:127.0.0.1:6656
for i in 1 2 3; do
	ct_start "c$i"
	switch port add "p$i" --type tap --option "netns=c$i" --option ifname=eth0 --number "$i" >/dev/null
	ip -n "c$i" addr add "10.0.0.$i/24" dev eth0
	ip -n "c$i" link set eth0 address "02:00:00:00:00:0$i" up
	[ "$i" = 3 ] || ip -n "c$i" neigh replace "10.0.0.$((3 - i))" lladdr "02:00:00:00:00:0$((3 - i))" dev eth0
done
timeout 100 ovs-ofctl -O OpenFlow13 add-flows tcp:127.0.0.1:6654 - <<-END
	ip,in_port=1,actions=output:2
	ip,in_port=2,actions=output:1
END
reach c1 10.0.0.2

ping_on() { # until the attacks are over
	while [ ! -e "$tmp/over" ]; do ping_all c1 10.0.0.2 50 0.02 || true; done >"$tmp/ping" 2>&1
}
ping_on &
ping_pid=$!
python3 "$root/tests/integration/bad_peers.py" "$dataplane_pid"
touch "$tmp/over"
wait "$ping_pid"
runs=$(grep -c 'answered' "$tmp/ping") # runs of 50, of which each must have come
[ "$runs" -ge 2 ] && [ "$(grep -c '^50 of 50' "$tmp/ping")" = "$runs" ] ||
	fail "packets were lost: $(cat "$tmp/ping")"
say "of $((runs * 50)) packets none was lost"

say "a guest floods the controller with misses; those of another arrive"
python3 "$root/tests/integration/flooded.py" c1 c3
kill -0 "$dataplane_pid" || fail "the switch ended"
