#!/bin/bash
# Every field, action and group type on the wire: a frame goes in at a real port, and the exact bytes
# that must come out are compared, at all ports; scapy, a foreign parser, says what must.
#
#   c1 (port 1) --+            +-- c3 (port 3)
#                 +-- switch --+
#   c2 (port 2) --+            +-- c4 (port 4)
limit=240
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none
for i in 1 2 3 4; do
	ct_start "c$i"
	ip netns exec "c$i" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 # no frames of its own
	switch port add "p$i" --type tap --option "netns=c$i" --option ifname=eth0 --number "$i" >/dev/null
	ip -n "c$i" link set eth0 up
done
python=/usr/bin/python3 # Debian's, which python3-scapy is for
for part in fields actions groups egress foreign; do
	say "$part"
	$python "$root/tests/integration/wire/$part.py" tcp:127.0.0.1:6654 c1 c2 c3 c4
done
