#!/bin/bash
# Every header that an action changes is read by a foreign parser, scapy, at the far end: the new
# value is there, the checksums are right, and nothing else has changed.
#
#   c1 (p1, port 1) ---- switch ---- c2 (p2, port 2)
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none
for i in 1 2; do
	ct_start "c$i"
	ip netns exec "c$i" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 # no frames of its own
	switch port add "p$i" --type tap --option "netns=c$i" --option ifname=eth0 --number "$i" >/dev/null
	ip -n "c$i" link set eth0 up
done
python=/usr/bin/python3 # Debian's, which python3-scapy is for
$python "$root/tests/integration/set_field.py" tcp:127.0.0.1:6654 c1 c2
