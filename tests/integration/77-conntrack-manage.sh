#!/bin/bash
# Tracked connections for people and controllers: listed, flushed, limited, forgotten, by `weft switch
# conntrack` and by ovs-ofctl.
#
#   c1 10.0.0.1, port 1 -- switch (all IP is tracked, zone 5) -- c2 10.0.0.2, port 2
limit=60
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none --max-connections 5000 --connections-per-zone 1000 --connection-timeout udp=500 --connection-timeout icmp=500 \
	--tcp-liberal
for i in 1 2; do
	ct_start "c$i"
	switch port add "p$i" --type tap --option "netns=/run/netns/c$i" --option ifname=eth0 --number "$i" >/dev/null
	ip -n "c$i" addr add "10.0.0.$i/24" dev eth0
	ip -n "c$i" link set eth0 address "02:00:00:00:00:0$i" up
	ip -n "c$i" neigh replace "10.0.0.$((3 - i))" lladdr "02:00:00:00:00:0$((3 - i))" dev eth0
done
sw=tcp:127.0.0.1:6654
ofctl() { timeout 200 ovs-ofctl -O OpenFlow13 "$@"; }
ofctl add-flows "$sw" - <<-END
	in_port=1,ip,actions=ct(commit,zone=5,exec(load:0x15->NXM_NX_CT_MARK[])),output:2
	in_port=2,ip,actions=ct(zone=5),output:1
END

conntrack() { switch conntrack "$@"; }
n_are() { # N FILTER...
	local n=$1
	shift
	[ "$(conntrack list -o json "$@" | jq '.connections | length')" = "$n" ]
}
datagrams() { # PORT...: one from 10.0.0.1:4000 to each
	local port
	for port; do
		ct_exec c1 python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('10.0.0.1', 4000))
s.sendto(b'x', ('10.0.0.2', $port))"
	done
}

say "nothing yet"
says 'no connections' conntrack list
says 'no such connections' conntrack list --zone 5
says '0 connections of at most 5000' conntrack stats
says '0 tracked connections' switch info
conntrack list -o json | jq -e '.connections == []' >/dev/null
[ -z "$(conntrack list --lines conntrack)" ] || fail "lines without connections"

say "list"
reach c1 10.0.0.2
datagrams 53 123 500
wait_for 20 "four connections" n_are 4
says '^ +5 +icmp +- +10.0.0.1 +10.0.0.2 +- +21 .* type 8 code 0' conntrack list --proto icmp
says '^ +5 +udp +UNANSWERED +10.0.0.1:4000 +10.0.0.2:53 ' conntrack list --dport 53
says '^udp +17 [0-9]+ src=10.0.0.1 dst=10.0.0.2 sport=4000 dport=123 \[UNREPLIED\] src=10.0.0.2 dst=10.0.0.1 sport=123 dport=4000 mark=21 zone=5' \
	conntrack list --lines conntrack --dport 123
says '^udp,orig=\(src=10.0.0.1,dst=10.0.0.2,sport=4000,dport=500\),reply=.*,zone=5,mark=21$' conntrack list --lines ovs --dport 500
says '^- \{"zone":5,' conntrack list -o yaml --dport 53
n_are 3 --proto udp --src 10.0.0.0/24 --mark 0x10/0x10 || fail "filter: $(conntrack list)"
n_are 0 --src 10.0.0.2 || fail "filter: $(conntrack list)"
n_are 2 --limit 2 || fail "limit: $(conntrack list --limit 2)"
refused 'nonsense' conntrack list --src nonsense
refused 'zone' conntrack list --zone 65536
refused 'conntrack or ovs' conntrack list --lines nonsense
says '4 connections of at most 5000' conntrack stats
says '4 tracked connections' switch info

say "flush"
refused 'say which|--all' conntrack flush
refused 'leave it' conntrack flush --all --zone 5
says '^1 connection forgotten' conntrack flush --zone 5 --dport 53
says '^0 connections forgotten' conntrack flush --zone 6
n_are 3 || fail "flush: $(conntrack list)"
ofctl ct-flush "$sw" zone=5 'ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=17,ct_tp_src=4000,ct_tp_dst=123'
n_are 1 --proto udp || fail "ct-flush of one: $(conntrack list)"
ofctl ct-flush "$sw" zone=6
ofctl ct-flush-zone "$sw" 6
n_are 2 || fail "another zone: $(conntrack list)"
ofctl ct-flush "$sw" zone=5 '' 'ct_nw_src=10.0.0.2,ct_nw_proto=1'
n_are 0 --proto icmp || fail "ct-flush by the reply: $(conntrack list)"
ofctl ct-flush-zone "$sw" 5
n_are 0 || fail "ct-flush-zone: $(conntrack list)"
datagrams 53
wait_for 20 "a connection" n_are 1
ofctl -O OpenFlow15 ct-flush "$sw"
n_are 0 || fail "ct-flush: $(conntrack list)"
datagrams 53
wait_for 20 "a connection" n_are 1
says '^1 connection forgotten' conntrack flush --all

say "limits"
says 'their own: 1000 connections' conntrack limits
conntrack limits --zone 5 --set 1
reach c1 10.0.0.2 # one that is answered, which does not give way
datagrams 53 123
wait_for 20 "a refused connection" sh -c "weft --socket $socket switch conntrack limits | grep -qE '^ +5 +1 +1 +its own +[1-9]'"
says 'connection-zone-limit' switch drops
conntrack limits --zone 5 --delete
says 'their own: no limit' sh -c "weft --socket $socket switch conntrack limits --set 0 && weft --socket $socket switch conntrack limits"
refused 'needs --zone' conntrack limits --delete
refused 'both' conntrack limits --delete --zone 5 --set 1
refused '' conntrack limits --zone 5

say "timeouts"
conntrack flush --all >/dev/null
datagrams 53
wait_for 20 "a connection" n_are 1
says '^udp +500 +30 +Not answered' conntrack timeouts
says 'let pass.*liberal' conntrack timeouts
says '^udp +1 +30' conntrack timeouts udp=1 tcp-established=default --liberal off
wait_for 20 "the end of the connection" n_are 0
says '^ +[1-9][0-9]*  ended' conntrack stats
refused 'sleepy' conntrack timeouts sleepy=5
refused 'STATE=SECONDS' conntrack timeouts udp
refused 'on or off' conntrack timeouts --strict maybe

say "bad options are named"
refused 'max-connections' weft-dataplane --socket "$tmp/other.sock" --max-connections 0
refused 'connection-timeout.*STATE=SECONDS' weft-dataplane --socket "$tmp/other.sock" --connection-timeout udp
refused 'connection-timeout.*sleepy' weft-dataplane --socket "$tmp/other.sock" --connection-timeout sleepy=5

say "completion"
says 'flush' weft __complete switch conntrack fl
says 'ESTABLISHED' weft __complete switch conntrack list --state EST
