#!/bin/bash
# Open vSwitch as the neighbour on the wire: what one of the two switches pushes, VLAN tags, QinQ and
# MPLS labels, the other matches and pops; small packets, long ones and TCP, both ways.
#
#   c1 -- (1) our switch (2) -- wire -- (1) Open vSwitch (2) -- c2
limit=120
. "$(dirname "$0")/lib.sh"

export OVS_RUNDIR=$tmp OVS_LOGDIR=$tmp OVS_DBDIR=$tmp OVS_SYSCONFDIR=$tmp
vsctl() { ovs-vsctl --no-syslog --timeout=200 --db="unix:$tmp/db.sock" "$@"; }
ours=tcp:127.0.0.1:6654
theirs=unix:$tmp/br0.mgmt

# Open vSwitch's userspace datapath takes frames as they are: nothing may be left to a device.
finish_frames() { # [netns NAME] DEVICE
	local in=()
	[ $# -eq 1 ] || in=(ip netns exec "$2")
	"${in[@]}" ethtool -K "${@: -1}" rx off tx off sg off tso off gso off gro off rxvlan off txvlan off \
		>/dev/null 2>&1 || true
}

ct_start c1
ct_start c2
ip link add ours0 mtu 1600 type veth peer name theirs0 mtu 1600
ip link add v-c2 type veth peer name eth0 netns c2
for device in ours0 theirs0 v-c2; do
	ip link set "$device" up
	finish_frames "$device"
done
finish_frames netns c2 eth0

ovsdb-tool create "$tmp/conf.db" /usr/share/openvswitch/vswitch.ovsschema
ovsdb-server "$tmp/conf.db" --remote="punix:$tmp/db.sock" --unixctl="$tmp/ovsdb.ctl" -vconsole:off \
	--log-file="$tmp/ovsdb.log" >/dev/null 2>&1 9>&- &
wait_for 10 "the database" vsctl --no-wait init
ovs-vswitchd "unix:$tmp/db.sock" --unixctl="$tmp/vswitchd.ctl" -vconsole:off \
	--log-file="$tmp/vswitchd.log" >/dev/null 2>&1 9>&- &
vsctl -- set open . other_config:vlan-limit=2 \
	-- add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure protocols=OpenFlow13 \
	-- add-port br0 theirs0 -- set interface theirs0 ofport_request=1 \
	-- add-port br0 v-c2 -- set interface v-c2 ofport_request=2

start_dataplane --controller none
switch port add p1 --type tap --option netns=c1 --option ifname=eth0 --number 1 >/dev/null
switch port add p2 --type veth --option ifname=ours0 --number 2 >/dev/null

# Neighbours are told, so that only IP crosses the wire, which all encapsulations can carry.
macs=(x 02:00:00:00:00:01 02:00:00:00:00:02)
for i in 1 2; do ip -n "c$i" link set eth0 address "${macs[i]}" up; done
for i in 1 2; do
	other=$((3 - i))
	ip -n "c$i" addr add "10.0.0.$i/24" dev eth0
	ip -n "c$i" addr add "fd00::$i/64" dev eth0 nodad
	ip -n "c$i" neigh replace "10.0.0.$other" lladdr "${macs[other]}" dev eth0 nud permanent
	ip -n "c$i" neigh replace "fd00::$other" lladdr "${macs[other]}" dev eth0 nud permanent
done

ofctl() { timeout 200 ovs-ofctl -O OpenFlow13 "$@"; }

# Flows are the same on both sides but for the direction: port 1 of ours is 2 of theirs.
program() { # SWITCH CONTAINER-PORT WIRE-PORT; flows come on stdin with IN and WIRE for the ports
	sed "s/IN/$2/g; s/WIRE/$3/g; 1i priority=0,actions=drop" >"$tmp/flows"
	ofctl del-flows "$1"
	ofctl add-flows "$1" "$tmp/flows"
}
passed() { # SWITCH MATCH: packets that the flow has counted
	ofctl dump-flows "$1" "$2" | grep -o 'n_packets=[0-9]*' | cut -d= -f2 | awk '{ n += $1 } END { print n + 0 }'
}
has_passed() { [ "$(passed "$1" "$2")" -ge 6 ]; }

# Both sides push the same; each must see it on the wire, in the flow of that MATCH.
crosses() { # WHAT MATCH FLOWS
	local sw
	say "$1"
	program "$ours" 1 2 <<<"$3"
	program "$theirs" 2 1 <<<"$3"
	# Open vSwitch's caches follow its tables a little later.
	reach_soon c1 10.0.0.2
	reach_soon c2 10.0.0.1
	wait_for 10 "c1 to reach c2 by IPv6" ct_exec c1 busybox ping -6 -c 1 -W 1 fd00::2
	says ' [123] packets received' ct_exec c2 busybox ping -c 3 -i 0.1 -s 1400 -W 20 10.0.0.1
	for from in "c1 c2 10.0.0.2" "c2 c1 10.0.0.1"; do transfer $from; done
	for sw in "$ours" "$theirs"; do
		wait_for 10 "$sw to count $2" has_passed "$sw" "$2" # Open vSwitch counts a little later
	done
}

head -c 400000 /dev/urandom >"$tmp/sent"
transfer() { # FROM TO ADDRESS
	local listener
	timeout 200 ip netns exec "$2" python3 -c '
import shutil, socket, sys
with socket.create_server(("", 5000)) as s, s.accept()[0].makefile("rb") as f:
    shutil.copyfileobj(f, sys.stdout.buffer)' >"$tmp/received" 9>&- &
	listener=$!
	wait_for 5 "the listener in $2" listens "$2"
	timeout 200 ip netns exec "$1" python3 -c '
import socket, sys
with socket.create_connection((sys.argv[1], 5000)) as s:
    s.sendall(sys.stdin.buffer.read())' "$3" <"$tmp/sent"
	wait "$listener"
	cmp "$tmp/sent" "$tmp/received" || fail "what $2 received is not what $1 sent"
}
listens() { ip netns exec "$1" ss -Hltn 'sport = :5000' | grep -q .; }

crosses "a VLAN tag with its priority" "dl_vlan=5" "
	in_port=IN,actions=push_vlan:0x8100,set_field:4101->vlan_vid,set_field:3->vlan_pcp,output:WIRE
	in_port=WIRE,dl_vlan=5,dl_vlan_pcp=3,actions=pop_vlan,output:IN"

crosses "two tags, the outer one of IEEE 802.1ad" "dl_vlan=9" "
	in_port=IN,actions=push_vlan:0x8100,set_field:4101->vlan_vid,push_vlan:0x88a8,set_field:4105->vlan_vid,output:WIRE
	in_port=WIRE,dl_vlan=9,actions=pop_vlan,goto_table:1
	table=1,in_port=WIRE,dl_vlan=5,actions=pop_vlan,output:IN"

crosses "an MPLS label, its class and its TTL" "mpls" "
	in_port=IN,ip,actions=push_mpls:0x8847,set_field:17->mpls_label,set_field:5->mpls_tc,output:WIRE
	in_port=IN,ipv6,actions=push_mpls:0x8847,set_field:18->mpls_label,output:WIRE
	in_port=WIRE,mpls,mpls_label=17,mpls_tc=5,mpls_bos=1,actions=dec_mpls_ttl,pop_mpls:0x0800,output:IN
	in_port=WIRE,mpls,mpls_label=18,mpls_bos=1,actions=pop_mpls:0x86dd,output:IN"

crosses "a stack of two labels" "mpls" "
	in_port=IN,ip,actions=push_mpls:0x8847,set_field:17->mpls_label,push_mpls:0x8847,set_field:19->mpls_label,output:WIRE
	in_port=IN,ipv6,actions=push_mpls:0x8847,set_field:18->mpls_label,output:WIRE
	in_port=WIRE,mpls,mpls_label=19,mpls_bos=0,actions=pop_mpls:0x8847,goto_table:1
	in_port=WIRE,mpls,mpls_label=18,mpls_bos=1,actions=pop_mpls:0x86dd,output:IN
	table=1,in_port=WIRE,mpls,mpls_label=17,mpls_bos=1,actions=pop_mpls:0x0800,output:IN"

crosses "a label within a VLAN" "dl_vlan=5" "
	in_port=IN,ip,actions=push_mpls:0x8847,set_field:17->mpls_label,push_vlan:0x8100,set_field:4101->vlan_vid,output:WIRE
	in_port=IN,ipv6,actions=push_vlan:0x8100,set_field:4101->vlan_vid,output:WIRE
	in_port=WIRE,dl_vlan=5,actions=pop_vlan,goto_table:1
	table=1,in_port=WIRE,mpls,mpls_label=17,actions=pop_mpls:0x0800,output:IN
	table=1,in_port=WIRE,ipv6,actions=output:IN"
