#!/bin/bash
# What strangers try against a stateful firewall, each frame judged by where it comes out: flags without
# a connection, false resets, data outside of the window, guessed sequence numbers, SYNs in established
# connections, forged errors, fragments that are tiny, overlap or come alone.
#
#   c1, inside (port 1) -- switch -- c2, outside (port 2)
limit=200
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none
for i in 1 2; do
	ct_start "c$i"
	ip netns exec "c$i" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 # no frames of its own
	switch port add "p$i" --type tap --option "netns=c$i" --option ifname=eth0 --number "$i" >/dev/null
	ip -n "c$i" link set eth0 up
done
/usr/bin/python3 "$root/tests/integration/wire/connections.py" tcp:127.0.0.1:6654 c1 c2
kill -0 "$dataplane_pid" || fail "the switch ended"
