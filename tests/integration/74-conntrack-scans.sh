#!/bin/bash
# nmap from outside finds nothing of who is inside: each kind of scan says the same of our firewall as
# of the same flows in Open vSwitch, and in neither a probe gets through.  The other way round a scan
# finds what is there.
#
#   c1, inside -- our switch -- c2, outside          d1, inside -- Open vSwitch -- d2, outside
limit=300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/firewall.sh"

export OVS_RUNDIR=$tmp OVS_LOGDIR=$tmp OVS_DBDIR=$tmp OVS_SYSCONFDIR=$tmp
vsctl() { ovs-vsctl --no-syslog --timeout=200 --db="unix:$tmp/db.sock" "$@"; }
ovsdb-tool create "$tmp/conf.db" /usr/share/openvswitch/vswitch.ovsschema
ovsdb-server "$tmp/conf.db" --remote="punix:$tmp/db.sock" --unixctl="$tmp/ovsdb.ctl" -vconsole:off \
	--log-file="$tmp/ovsdb.log" >/dev/null 2>&1 9>&- &
wait_for 10 "the database" vsctl --no-wait init
ovs-vswitchd "unix:$tmp/db.sock" --unixctl="$tmp/vswitchd.ctl" -vconsole:off \
	--log-file="$tmp/vswitchd.log" >/dev/null 2>&1 9>&- &
vsctl -- add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure protocols=OpenFlow15
start_dataplane --controller none

for i in 1 2; do
	ct_start "c$i"
	switch port add "c$i" --type tap --number $i --option "netns=c$i" --option ifname=eth0 >/dev/null
	ct_start "d$i"
	ip link add "v$i" type veth peer name eth0 netns "d$i"
	ip link set "v$i" up
	# Its userspace takes frames as they are: nothing may be left to a device.
	ip netns exec "d$i" ethtool -K eth0 tx off tso off gso off >/dev/null 2>&1 || true
	vsctl -- add-port br0 "v$i" -- set interface "v$i" ofport_request=$i
	for side in c d; do
		ip -n $side$i link set eth0 address "02:00:00:00:00:0$i" up
		ip -n $side$i addr add "10.0.0.$i/24" dev eth0
	done
done
firewall_flows | grep -v '[ ,=:]\(in_port=3\|nw_dst=10.0.0.3\)' | sed 's/,output:3$//' >"$tmp/firewall"
ofctl add-flows $flows "$tmp/firewall"
ofctl add-flows "unix:$tmp/br0.mgmt" "$tmp/firewall"
for side in c d; do
	for i in 1 2; do
		ct_exec $side$i busybox httpd -p 80 -h "$tmp"
		ip netns exec $side$i python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5300))
while True:
    data, peer = s.recvfrom(2048)
    s.sendto(b"yes", peer)' >/dev/null 2>&1 </dev/null 9>&- &
		wait_for 5 "the servers in $side$i" listens $side$i u 5300
	done
	reach_soon ${side}1 10.0.0.2
done

# "80 filtered" and the like, a line each, as nmap sees ADDRESS from container FROM.
scan() { # FROM ADDRESS KIND
	ip netns exec "$1" nmap -n -Pn --disable-arp-ping --max-retries 3 --initial-rtt-timeout 1s \
		--max-rtt-timeout 3s "$3" -p 80,81,5300 -oX "$tmp/scan-$1.xml" "$2" >"$tmp/nmap-$1.log" 2>&1
	python3 -c '
import sys, xml.etree.ElementTree as e
for port in e.parse(sys.argv[1]).iter("port"):
    print(port.get("portid"), port.find("state").get("state"))' "$tmp/scan-$1.xml"
}

for kind in -sS -sT -sA -sF -sX -sN -sU; do
	scan d2 10.0.0.1 $kind >"$tmp/d$kind" &
	theirs=$!
	scan c2 10.0.0.1 $kind >"$tmp/c$kind" || fail "nmap $kind: $(tail -n 3 "$tmp/nmap-c2.log")"
	wait $theirs || fail "nmap $kind: $(tail -n 3 "$tmp/nmap-d2.log")"
	cmp -s "$tmp/c$kind" "$tmp/d$kind" || fail "$kind: $(diff "$tmp/c$kind" "$tmp/d$kind")"
	[ "$(grep -cE '^[0-9]+ (filtered|open\|filtered)$' "$tmp/c$kind")" = 3 ] || fail "$kind found: $(cat "$tmp/c$kind")"
	say "$kind from outside: $(paste -sd, "$tmp/c$kind")"
done

say "from inside a scan finds what is there"
finds() { # KIND STATE...
	local kind=$1
	shift
	[ "$(scan c1 10.0.0.2 "$kind")" = "$(printf '%s\n' "$@")" ]
}
wait_for 10 "what -sS finds" finds -sS "80 open" "81 closed" "5300 closed"
wait_for 10 "what -sU finds" finds -sU "80 closed" "81 closed" "5300 open"
kill -0 "$dataplane_pid" || fail "the switch ended"
