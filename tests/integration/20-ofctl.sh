#!/bin/bash
# A foreign OpenFlow client, ovs-ofctl, works with the switch: it shows, changes, lists and listens.
#
#   c1 (p1, port 1) --+            +-- c2 (p2, port 2)
#                     +-- switch --+
#                                  +-- c3 (p3, port 3)
limit=120
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none --datapath-id beef
for i in 1 2 3; do
	ct_start "c$i"
	switch port add "p$i" --type tap --option "netns=/run/netns/c$i" --option ifname=eth0 --number "$i" >/dev/null
	ip -n "c$i" addr add "10.0.0.$i/24" dev eth0
	ip -n "c$i" link set eth0 address "02:00:00:00:00:0$i" up
done

ofctl() { timeout 200 ovs-ofctl -O OpenFlow13 "$@"; }
sw=tcp:127.0.0.1:6654

# What the tables hold, one flow a line, without what changes by itself.
flows() { ofctl --no-names dump-flows "$sw" "$@" | grep -v '^OFPST' | sed 's/ cookie=0x0,//; s/duration=[^,]*, //; s/n_packets=[^,]*, n_bytes=[^,]*, //; s/^ *//' | sort; }
flows_are() { # LINE...
	local want
	want=$(printf '%s\n' "$@" | sort)
	[ "$(flows)" = "$want" ] || fail "the tables hold '$(flows)', not '$want'"
}
packets_of() { ofctl dump-flows "$sw" "$1" | grep -o 'n_packets=[0-9]*' | cut -d= -f2; }

say "it describes itself"
says 'dpid:000000000000beef' ofctl show "$sw"
says 'n_tables:254, n_buffers:0' ofctl show "$sw"
says '3\(p3\): addr:' ofctl show "$sw"
says 'Manufacturer: Weft' ofctl dump-desc "$sw"
says ' 2\(p2\): addr:' ofctl dump-ports-desc "$sw"
says 'port +1: rx pkts=' ofctl dump-ports "$sw"
says 'port +2: rx pkts=' ofctl dump-ports "$sw" 2
says normal ofctl get-frags "$sw"
says 'tables [0-9]*...253: ditto' ofctl dump-tables "$sw"
says 'table 252 .*ditto' ofctl dump-table-features "$sw"
says 'arbitrary mask: .*ip_\{src,dst\}' ofctl dump-table-features "$sw"
says 'bytes from' ofctl ping "$sw" 64

say "flows are added, changed and deleted"
ofctl add-flow "$sw" "priority=10,in_port=1,actions=goto_table:1"
cat >"$tmp/flows" <<-END
	table=1,priority=20,tcp,tcp_dst=80,actions=output:2
	table=1,priority=5,ip,nw_dst=10.0.0.0/8,actions=output:3
	table=2,priority=1,vlan_tci=0x1000/0x1000,actions=pop_vlan,output:1
END
ofctl add-flows "$sw" "$tmp/flows"
flows_are 'table=0, priority=10,in_port=1 actions=goto_table:1' \
	'table=1, priority=20,tcp,tp_dst=80 actions=output:2' \
	'table=1, priority=5,ip,nw_dst=10.0.0.0/8 actions=output:3' \
	'table=2, priority=1,vlan_tci=0x1000/0x1000 actions=pop_vlan,output:1'
ofctl mod-flows "$sw" "table=1,tcp,actions=output:1"
ofctl --strict mod-flows "$sw" "table=1,priority=5,ip,nw_dst=10.0.0.0/8,actions=set_field:02:00:00:00:00:99->eth_dst,output:2"
flows_are 'table=0, priority=10,in_port=1 actions=goto_table:1' \
	'table=1, priority=20,tcp,tp_dst=80 actions=output:1' \
	'table=1, priority=5,ip,nw_dst=10.0.0.0/8 actions=set_field:02:00:00:00:00:99->eth_dst,output:2' \
	'table=2, priority=1,vlan_tci=0x1000/0x1000 actions=pop_vlan,output:1'
says 'flow_count=2' ofctl dump-aggregate "$sw" table=1
ofctl --strict del-flows "$sw" "table=1,priority=6,ip,nw_dst=10.0.0.0/8"
says 'flow_count=4' ofctl dump-aggregate "$sw"
ofctl --strict del-flows "$sw" "table=1,priority=5,ip,nw_dst=10.0.0.0/8"
says 'flow_count=3' ofctl dump-aggregate "$sw"
refused 'OFPFMFC_OVERLAP' ofctl add-flow "$sw" "check_overlap,table=1,priority=20,ip,actions=drop"
refused 'OFPBAC|BAD_TYPE|OFPBIC' ofctl add-flow "$sw" "actions=group:7"
ofctl del-flows "$sw"
says 'flow_count=0' ofctl dump-aggregate "$sw"

say "bundles are applied as a whole or not at all"
ofctl --bundle add-flows "$sw" "$tmp/flows"
says 'flow_count=3' ofctl dump-aggregate "$sw"
ofctl diff-flows "$sw" "$tmp/flows"
cat >"$tmp/bundle" <<-END
	flow delete
	flow add table=0,priority=9,ip,actions=output:1
	flow add check_overlap,table=0,priority=9,ip,nw_src=10.0.0.1,actions=output:2
END
refused 'OFPFMFC_OVERLAP' ofctl bundle "$sw" "$tmp/bundle"
says 'flow_count=3' ofctl dump-aggregate "$sw"
sed -i 's/check_overlap,//' "$tmp/bundle"
ofctl bundle "$sw" "$tmp/bundle"
flows_are 'table=0, priority=9,ip actions=output:1' 'table=0, priority=9,ip,nw_src=10.0.0.1 actions=output:2'
ofctl --bundle replace-flows "$sw" "$tmp/flows"
ofctl diff-flows "$sw" "$tmp/flows"

say "packets follow them, and are counted"
ofctl del-flows "$sw"
ofctl add-flow "$sw" "in_port=1,actions=output:2"
ofctl add-flow "$sw" "in_port=2,actions=output:1"
reach c1 10.0.0.2
before=$(packets_of in_port=1)
shout c1 25 ffffffffffff02000000000188b5
has_counted() { [ "$(packets_of in_port=1)" -ge $((before + 25)) ]; }
wait_for 10 "25 packets to be counted" has_counted

say "Nicira's registers and resubmit"
ofctl del-flows "$sw"
ofctl add-flow "$sw" "table=0,in_port=1,actions=load:0x2->NXM_NX_REG0[],resubmit(,7)"
ofctl add-flow "$sw" "table=7,reg0=2,actions=output:2"
ofctl add-flow "$sw" "table=7,reg0=3,actions=output:3"
ofctl add-flow "$sw" "table=0,in_port=2,actions=output:1"
reach c1 10.0.0.2

say "packet-out, packet-in, flow-removed, port-status"
ofctl del-flows "$sw"
hear c2 88b6
ofctl packet-out "$sw" "in_port=controller packet=ffffffffffff02000000000988b6$(printf '00%.0s' {1..50}) actions=output:2"
wait_for 5 "the packet-out" heard_at_least c2 88b6 1
refused 'OFPBRC_BAD_PORT' ofctl packet-out "$sw" "in_port=77 packet=ffffffffffff02000000000988b600000000 actions=output:2"
mkdir -p /run/openvswitch # for the monitor's own socket
ovs-ofctl -O OpenFlow13 monitor "$sw" 65534 >"$tmp/monitor.log" 2>&1 </dev/null &
monitor=$!
monitor_is_open() { switch info | grep -q ' open '; }
wait_for 5 "the monitor's connection" monitor_is_open
ofctl add-flow "$sw" "send_flow_rem,cookie=0x77,priority=3,dl_type=0x88b7,actions=controller"
shouted() {
	shout c3 1 ffffffffffff02000000000388b7
	grep -q 'PACKET_IN.*cookie=0x77' "$tmp/monitor.log"
}
wait_for 10 "a packet-in" shouted
ofctl del-flows "$sw" "dl_type=0x88b7"
wait_for 5 "the flow-removed" grep -q 'FLOW_REMOVED.*dl_type=0x88b7 reason=delete.*cookie:0x77' "$tmp/monitor.log"
ofctl add-flow "$sw" "send_flow_rem,cookie=0x78,idle_timeout=1,dl_type=0x88b8,actions=drop"
wait_for 6 "the idle timeout" grep -q 'FLOW_REMOVED.*dl_type=0x88b8 reason=idle' "$tmp/monitor.log"
ofctl mod-port "$sw" 3 no-forward
wait_for 5 "the port-status" grep -q 'PORT_STATUS.*MOD.*3(p3)' "$tmp/monitor.log"
says 'NO_FWD' ofctl dump-ports-desc "$sw"
kill "$monitor"

say "what is not spoken gets its error"
refused 'OFPBAC_BAD_(VENDOR|TYPE|VENDOR_TYPE|EXPERIMENTER|EXP_TYPE)' ofctl add-flow "$sw" "ip,actions=sample(probability=1)"
says 'flow_count=0' ofctl dump-aggregate "$sw"
kill -0 "$dataplane_pid" || fail "the switch ended"
