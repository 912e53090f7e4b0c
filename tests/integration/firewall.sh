# A stateful firewall as an operator writes one, and the two sides that it stands between; include it
# behind lib.sh.  Who is inside may open connections, who is outside may only answer.
#
#   inside (port 1) 10.0.0.1 --+            +-- (port 2) outside 10.0.0.2 -- beyond 10.9.0.2
#                              +-- switch --+
#   second (port 3) 10.0.0.3 --+

flows=tcp:127.0.0.1:6654
ofctl() { timeout 300 ovs-ofctl -O OpenFlow15 "$@"; }

firewall_flows() {
	cat <<-END
		table=0,priority=100,arp,actions=output:1,output:2,output:3
		table=0,priority=100,icmp6,icmp_type=135,actions=output:1,output:2,output:3
		table=0,priority=100,icmp6,icmp_type=136,actions=output:1,output:2,output:3
		table=0,priority=10,ip,actions=ct(table=1,zone=1)
		table=0,priority=10,ipv6,actions=ct(table=1,zone=1)
		table=1,priority=100,ct_state=+inv+trk,actions=drop
		table=1,priority=90,ct_state=+est+trk,actions=goto_table:2
		table=1,priority=90,ct_state=+rel+trk,actions=goto_table:2
		table=1,priority=80,ct_state=+new+trk,ip,in_port=1,actions=ct(commit,zone=1),goto_table:2
		table=1,priority=80,ct_state=+new+trk,ip,in_port=3,actions=ct(commit,zone=1),goto_table:2
		table=1,priority=80,ct_state=+new+trk,ipv6,in_port=1,actions=ct(commit,zone=1),goto_table:2
		table=1,priority=70,ct_state=+new+trk,in_port=2,actions=drop
		table=2,ip,in_port=1,actions=output:2
		table=2,ip,in_port=3,actions=output:2
		table=2,ipv6,in_port=1,actions=output:2
		table=2,ip,in_port=2,nw_dst=10.0.0.1,actions=output:1
		table=2,ip,in_port=2,nw_dst=10.0.0.3,actions=output:3
		table=2,ipv6,in_port=2,actions=output:1
	END
}

add_side() { # NAME NUMBER ADDRESS
	ct_start "$1"
	switch port add "$1" --type tap --number "$2" --option "netns=$1" --option ifname=eth0 >/dev/null
	ip -n "$1" addr add "$3/24" dev eth0
	ip -n "$1" addr add "fd00::$2/64" dev eth0 nodad
	ip -n "$1" link set eth0 address "02:00:00:00:00:0$2" up
}

start_firewall() { # OPTION...
	start_dataplane --controller none "$@"
	add_side inside 1 10.0.0.1
	add_side outside 2 10.0.0.2
	add_side second 3 10.0.0.3
	ct_start beyond
	ip -n outside link add far type veth peer name eth0 netns beyond
	ip -n outside addr add 10.9.0.1/24 dev far
	ip -n outside link set far up
	ip -n beyond addr add 10.9.0.2/24 dev eth0
	ip -n beyond link set eth0 up
	ip -n beyond route add default via 10.9.0.1
	ip netns exec outside sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.icmp_ratelimit=0
	for side in inside second; do ip -n $side route add 10.9.0.0/24 via 10.0.0.2; done
	firewall_flows >"$tmp/firewall"
	ofctl add-flows $flows "$tmp/firewall"
	reach_soon inside 10.0.0.2
}

# Packets that the rule against new connections from outside has counted.
n_refused() {
	ofctl --no-names dump-flows $flows table=1,in_port=2 | sed -n 's/.*n_packets=\([0-9]*\),.*/\1/p'
}

listens() { ip netns exec "$1" ss -Hl"$2"n "sport = :$3" | grep .; } # NAME t|u PORT
serve() { # NAME: a page and data of 8 MB on port 80
	mkdir -p "$tmp/www"
	[ -e "$tmp/www/data" ] || head -c 8000000 /dev/urandom >"$tmp/www/data"
	ct_exec "$1" busybox httpd -p 80 -h "$tmp/www"
	wait_for 5 "httpd in $1" listens "$1" t 80
}
