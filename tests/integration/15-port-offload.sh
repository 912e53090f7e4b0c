#!/bin/bash
# TCP with all offloads between a tap and a veth; what a third port cannot take is done for it.
#
#	left (tap) ---- switch ---- (veth) right
#	                   |
#	                 wire (pcap): gets a copy of what left sends
limit=120
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none
ofctl() { ovs-ofctl -O OpenFlow13 "$@"; }
flows=tcp:127.0.0.1:6654

ct_start left
ct_start right
switch port add left --type tap --number 1 --option netns=left --option ifname=eth0 \
	--option mac=02:00:00:00:00:01 >/dev/null
switch port add right --type veth --number 2 --option peer=eth0 --option netns=right \
	--option mac=02:00:00:00:00:02 >/dev/null
switch port add wire --type pcap --number 3 --option "tx_file=$tmp/wire.pcap" >/dev/null
for side in left:1 right:2; do
	ip -n "${side%:*}" addr add "10.0.0.${side#*:}/24" dev eth0
	ip -n "${side%:*}" addr add "fd00::${side#*:}/64" dev eth0 nodad
done
ofctl add-flow $flows in_port=1,actions=output:2,output:3
ofctl add-flow $flows in_port=2,actions=output:1

say "the interfaces are as asked for"
says '02:00:00:00:00:01' ip -n left link show eth0
says '02:00:00:00:00:02' ip -n right link show eth0
says 'tcp-segmentation-offload: on' ct_exec left ethtool -k eth0
says 'tx-checksum-ip-generic: on' ct_exec left ethtool -k eth0

say "TCP over IPv4 and IPv6"
ct_exec right iperf3 -s -D -I "$tmp/iperf.pid"
wait_for 5 "iperf3 to listen" ct_exec right sh -c 'ss -ltn | grep -q :5201'
for address in 10.0.0.2 fd00::2; do
	ct_exec left iperf3 -c $address -n 20M -J >"$tmp/iperf.json"
	[ "$(jq .end.sum_received.bytes "$tmp/iperf.json")" -ge 10000000 ] ||
		fail "little was received: $(jq .end "$tmp/iperf.json")"
done
ct_exec left iperf3 -c 10.0.0.2 -u -b 100M -n 2M -l 1400 >/dev/null

say "frames of more than the MTU went from tap to veth, and none to the wire"
sizes=$(switch port stats -o json | jq -r '.ports[] | select(.name == "left") | .rxBytes, .rxPackets' | tr -d '"')
[ "$(awk '{ v[NR] = $1 } END { print (v[1] / v[2] > 1514) }' <<<"$sizes")" = 1 ] ||
	fail "no segmentation offload: $sizes"
python3 "$root/tests/integration/capture.py" "$tmp/wire.pcap" 1514 20000 ||
	fail "the capture is not as on a wire"

say "nothing was lost for want of buffers"
drops=$(switch port stats -o json | jq '[.ports[] | .txErrors + .rxErrors + .txDropped | tonumber] | add')
[ "$drops" = 0 ] || fail "$drops drops: $(switch port stats)"

say "carrier lost on the container's end is seen"
is_up() { switch port list -o json | jq -e ".ports[] | select(.name == \"$1\") | .isUp"; }
is_told_down() { ovs-ofctl -O OpenFlow13 dump-ports-desc $flows | grep -A3 '2(right)' | grep -q LINK_DOWN; }
wait_for 5 "the veth to be up" is_up right
ip -n right link set eth0 down
wait_for 5 "the controller to see it down" is_told_down
