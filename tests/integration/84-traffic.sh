#!/bin/bash
# Traffic that is easily torn apart: fragments and flows among the buckets of a group, random orders
# of tags, labels and backbone headers, and TCP whose segments of 64 KB (TSO) meet all of that.
#
#   c1 (port 1) --+            +-- c3 (port 3)
#                 +-- switch --+
#   c2 (port 2) --+            +-- c4 (port 4)
limit=200
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none
for i in 1 2 3 4; do
	ct_start "c$i"
	ip netns exec "c$i" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 # no frames of its own
	switch port add "p$i" --type tap --option "netns=c$i" --option ifname=eth0 --number "$i" >/dev/null
	ip -n "c$i" link set eth0 up
done
sw=tcp:127.0.0.1:6654
python=/usr/bin/python3 # Debian's, which python3-scapy is for
for part in fragments encap; do
	say "$part"
	$python "$root/tests/integration/wire/$part.py" $sw c1 c2 c3 c4
done

say "TCP"
for i in 1 2; do
	ip netns exec "c$i" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
	ip -n "c$i" link set eth0 address "02:00:00:00:00:0$i"
	ip -n "c$i" addr add "10.0.0.$i/24" dev eth0
	ip -n "c$i" addr add "fd00::$i/64" dev eth0 nodad
	other=$((3 - i))
	for address in 10.0.0.$other fd00::$other; do
		ip -n "c$i" neigh replace $address lladdr "02:00:00:00:00:0$other" dev eth0 nud permanent
	done
done

# Replace all flows and groups by the lines of standard input: "flow ..." or "group ...".
program() {
	{
		echo "flow delete"
		echo "group delete group_id=all"
		cat
	} >"$tmp/program"
	ovs-ofctl -O OpenFlow15 bundle $sw "$tmp/program"
}

# 64 MB each way, over IPv4 and IPv6; at this size a connection that lives from retransmissions of
# small segments alone would take minutes.
tcp() { # WHAT
	local address way
	for address in 10.0.0.2 fd00::2; do
		for way in "" --reverse; do
			ip netns exec c2 iperf3 -s -1 >/dev/null 2>&1 </dev/null &
			wait_for 5 iperf3 bash -c "ip netns exec c2 ss -Hltn 'sport = :5201' | grep -q ."
			timeout 200 ip netns exec c1 iperf3 -c $address -n 64M $way >"$tmp/iperf.log" 2>&1 ||
				fail "$1, to $address $way: no TCP: $(tail -n 2 "$tmp/iperf.log")"
			wait $! || true
		done
	done
}

program <<-END
	flow add in_port=1,actions=push_vlan:0x8100,set_field:4101->vlan_vid,goto_table:1
	flow add in_port=2,actions=push_vlan:0x88a8,set_field:4101->vlan_vid,goto_table:1
	flow add table=1,in_port=1,dl_vlan=5,actions=pop_vlan,output:2
	flow add table=1,in_port=2,dl_vlan=5,actions=pop_vlan,output:1
END
tcp "a tag pushed and popped"
program <<-END
	flow add ip,actions=push_mpls:0x8847,set_field:4->mpls_label,goto_table:1
	flow add ipv6,actions=push_mpls:0x8847,set_field:6->mpls_label,goto_table:1
	flow add table=1,in_port=1,mpls,mpls_label=4,actions=pop_mpls:0x0800,output:2
	flow add table=1,in_port=2,mpls,mpls_label=4,actions=pop_mpls:0x0800,output:1
	flow add table=1,in_port=1,mpls,mpls_label=6,actions=pop_mpls:0x86dd,output:2
	flow add table=1,in_port=2,mpls,mpls_label=6,actions=pop_mpls:0x86dd,output:1
END
tcp "a label pushed and popped"
program <<-END
	group add group_id=1,type=all,bucket=set_field:02:00:00:00:00:99->eth_dst,push_vlan:0x8100,output:3,bucket=push_mpls:0x8847,output:4,bucket=output:2
	group add group_id=2,type=select,bucket=weight:1,output:1,bucket=weight:1,dec_ttl,output:1
	flow add in_port=1,ip,actions=dec_ttl,group:1
	flow add in_port=1,ipv6,actions=dec_ttl,group:1
	flow add in_port=2,actions=group:2
END
tcp "copies by a group"
program <<-END
	flow add in_port=1,tcp,actions=move:NXM_OF_TCP_SRC[]->NXM_NX_REG0[0..15],set_field:7->tcp_src,set_field:10.9.9.9->ip_src,goto_table:1
	flow add in_port=1,tcp6,actions=move:NXM_OF_TCP_SRC[]->NXM_NX_REG0[0..15],set_field:7->tcp_src,set_field:fd00::99->ipv6_src,goto_table:1
	flow add in_port=2,actions=output:1
	flow add table=1,tcp,actions=move:NXM_NX_REG0[0..15]->NXM_OF_TCP_SRC[],set_field:10.0.0.1->ip_src,output:2
	flow add table=1,tcp6,actions=move:NXM_NX_REG0[0..15]->NXM_OF_TCP_SRC[],set_field:fd00::1->ipv6_src,output:2
END
tcp "addresses and ports changed twice"
