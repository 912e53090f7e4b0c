#!/bin/bash
# Every command of ovs-ofctl, in OpenFlow 1.3, 1.4 and 1.5: each succeeds, what was put in comes out
# again, and tshark finds no malformed message in all of it.
#
#   c1 (p1, port 1) -- switch -- c2 (p2, port 2)
limit=200
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none --datapath-id beef
for i in 1 2; do
	ct_start "c$i"
	switch port add "p$i" --type tap --option "netns=c$i" --option ifname=eth0 --number "$i" >/dev/null
	ip -n "c$i" link set eth0 up
done
sw=tcp:127.0.0.1:6654
cat >"$tmp/flows" <<-END
	table=0,priority=10,in_port=1,actions=goto_table:1
	table=1,priority=20,tcp,tcp_dst=80,actions=output:2
	table=1,priority=5,ip,nw_dst=10.0.0.0/8,actions=dec_ttl,output:2
END
cat >"$tmp/other" <<-END
	table=0,priority=10,in_port=1,actions=goto_table:1
	table=1,priority=20,tcp,tcp_dst=443,actions=output:2
END
cat >"$tmp/groups" <<-END
	group_id=1,type=select,bucket=weight:2,output:1,bucket=weight:3,output:2
	group_id=2,type=ff,bucket=watch_port:1,output:1,bucket=watch_group:1,group:1
END
cat >"$tmp/bundle" <<-END
	flow add table=0,priority=3,actions=drop
	group add group_id=9,type=all,bucket=output:1
	flow add table=0,priority=4,in_port=2,actions=group:9
END
arp=ffffffffffff0200000000010806000108000604000102000000000101010101ffffffffffff01010102

# For names it asks for all tables' features each time: enough of that in one version.
names=
ofctl() {
	echo "$version $*" >>"$tmp/commands"
	timeout 200 ovs-ofctl $names -O "$version" "$@"
}
count_is() { says "flow_count=$1\$" ofctl dump-aggregate "$sw"; }

for version in OpenFlow13 OpenFlow14 OpenFlow15; do
	say "$version: what it is"
	says 'dpid:000000000000beef' ofctl show "$sw"
	says 'Manufacturer: Weft' ofctl dump-desc "$sw"
	says '1\(p1\): addr' ofctl dump-ports-desc "$sw"
	says '2\(p2\): addr' ofctl dump-ports-desc "$sw" 2
	says 'port +p?1"?:? *rx pkts' ofctl dump-ports "$sw"
	says 'rx pkts' ofctl dump-ports "$sw" 1
	says 'active=' ofctl dump-tables "$sw"
	says 'table 0' ofctl dump-table-features "$sw"
	[ $version = OpenFlow13 ] || says 'table 0' ofctl dump-table-desc "$sw"
	ofctl set-frags "$sw" drop
	says drop ofctl get-frags "$sw"
	ofctl set-frags "$sw" normal
	says normal ofctl get-frags "$sw"
	ofctl probe "$sw"
	says 'bytes from' ofctl ping "$sw"

	say "$version: flows"
	ofctl del-flows "$sw"
	ofctl add-flow "$sw" "priority=1,in_port=2,actions=output:1"
	ofctl add-flows "$sw" "$tmp/flows"
	ofctl --bundle add-flows "$sw" "$tmp/flows"
	count_is 4
	ofctl mod-flows "$sw" "table=1,tcp,tcp_dst=80,actions=output:1"
	ofctl --strict mod-flows "$sw" "table=1,priority=20,tcp,tcp_dst=80,actions=output:2"
	says 'tp_dst=80 actions=output:"?p?2' ofctl dump-flows "$sw"
	says 'nw_dst=10.0.0.0/8 actions=dec_ttl' ofctl dump-flows "$sw" "table=1,ip"
	refused '[-+]' ofctl diff-flows "$sw" "$tmp/flows"
	ofctl replace-flows "$sw" "$tmp/other"
	ofctl diff-flows "$sw" "$tmp/other"
	ofctl --bundle replace-flows "$sw" "$tmp/flows"
	ofctl diff-flows "$sw" "$tmp/flows"
	[ $version = OpenFlow13 ] || {
		ofctl add-flow "$sw" "importance=7,priority=3,actions=drop"
		says 'importance=7' ofctl dump-flows "$sw"
		ofctl mod-table "$sw" 5 evict
		says 'eviction=on' ofctl dump-table-desc "$sw"
		ofctl mod-table "$sw" 5 noevict
		ofctl mod-table "$sw" 5 vacancy:20,80
		says 'vacancy_down=20%' ofctl dump-table-desc "$sw"
		ofctl mod-table "$sw" 5 novacancy
	}

	say "$version: groups"
	ofctl add-groups "$sw" "$tmp/groups"
	says 'group_id=1,type=select,bucket=.*weight:2,.*output:' ofctl dump-groups "$sw"
	says 'group_id=2,type=ff,bucket=.*watch_port:' ofctl dump-groups "$sw" 2
	says 'group_id=2,.*ref_count=0,.*bucket1:packet_count=0' ofctl dump-group-stats "$sw"
	says 'max_groups=0x' ofctl dump-group-features "$sw"
	ofctl mod-group "$sw" "group_id=1,type=all,bucket=output:1"
	says 'group_id=1,type=all' ofctl dump-groups "$sw"
	refused OFPGMFC_GROUP_EXISTS ofctl add-group "$sw" "group_id=1,type=all,bucket=output:1"
	ofctl --may-create mod-group "$sw" "group_id=3,type=all,bucket=output:1"
	[ $version != OpenFlow15 ] || {
		ofctl insert-buckets "$sw" "group_id=3,command_bucket_id=last,bucket=bucket_id:9,output:2"
		says 'bucket_id:9' ofctl dump-groups "$sw" 3
		ofctl remove-buckets "$sw" "group_id=3,command_bucket_id=9"
	}
	ofctl bundle "$sw" "$tmp/bundle"
	says 'group:9' ofctl dump-flows "$sw"
	ofctl del-groups "$sw" "group_id=9"
	! ofctl dump-flows "$sw" | grep group:9 || fail "the flow that names it outlived group 9"
	ofctl del-groups "$sw"

	say "$version: meters, queues, ports"
	ofctl add-meter "$sw" "meter=1,kbps,burst,stats,bands=type=drop,rate=1000,burst_size=55"
	says 'meter=1 kbps burst stats bands=' ofctl dump-meters "$sw"
	says 'rate=1000 burst_size=55' ofctl dump-meter "$sw" "meter=1"
	says 'packet_in_count:0' ofctl meter-stats "$sw"
	if [ $version = OpenFlow15 ]; then
		# ovs-ofctl 3.1 takes 1.3's 16 bytes; 1.5 has 24 (OF 1.5.1 section 7.3.5.15).
		refused 'METER_FEATURES reply with incorrect length 40' ofctl meter-features "$sw"
	else
		says 'max_meter:' ofctl meter-features "$sw"
	fi
	ofctl mod-meter "$sw" "meter=1,pktps,bands=type=drop,rate=100"
	says 'meter=1 pktps bands=' ofctl dump-meters "$sw"
	ofctl add-flow "$sw" "priority=9,in_port=2,actions=meter:1,output:1"
	says 'meter:1' ofctl dump-flows "$sw" in_port=2
	ofctl del-meters "$sw"
	ofctl mod-port "$sw" 1 no-forward
	says NO_FWD ofctl show "$sw"
	ofctl mod-port "$sw" 1 forward
	ofctl mod-port "$sw" 2 down
	says PORT_DOWN ofctl show "$sw"
	ofctl mod-port "$sw" 2 up
	says 'port .* queue 0: bytes=' ofctl queue-stats "$sw"
	[ $version = OpenFlow13 ] || says 'queue' ofctl queue-get-config "$sw" 1
	ofctl packet-out "$sw" "in_port=controller packet=$arp actions=output:2"

	say "$version: extensions"
	ofctl --strict del-flows "$sw" "table=1,priority=5,ip,nw_dst=10.0.0.0/8"
	ofctl add-flow "$sw" "table=4,actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],load:0x1->NXM_NX_REG0[],resubmit(,5)"
	ofctl add-flow "$sw" "table=5,actions=learn(table=6,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])"
	says 'learn\(table=6' ofctl dump-flows "$sw" table=5
	ofctl add-tlv-map "$sw" "{class=0xffff,type=0x1,len=4}->tun_metadata0"
	says '0xffff *0x1 *4 *tun_metadata0' ofctl dump-tlv-map "$sw"
	ofctl del-tlv-map "$sw"
	ofctl del-flows "$sw"
	count_is 0
	names=--no-names
done
say "$(wc -l <"$tmp/commands") commands"
