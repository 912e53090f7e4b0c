#!/bin/bash
# Programs of every day through a stateful firewall: ping, iperf3, curl and traceroute work from inside
# to outside, datagrams in fragments as well, and nothing works the other way round.
limit=200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/firewall.sh"
start_firewall

say "ping, also in fragments"
for size in 56 20000; do
	ct_exec inside busybox ping -c 1 -W 20 -s $size 10.0.0.2 >/dev/null
	ct_exec inside busybox ping -6 -c 1 -W 20 -s $size fd00::2 >/dev/null
done
before=$(n_refused)
no_reach outside 10.0.0.1
no_reach outside fd00::1
[ "$(n_refused)" -gt "$before" ] || fail "the rule against the outside has counted nothing"

say "iperf3: TCP and UDP, both ways of one connection"
for address in 10.0.0.2 fd00::2; do
	for how in "-n 8M" "-n 8M --reverse" "-u -b 20M -n 2M -l 1200" "-u -b 20M -n 2M -l 20000"; do
		ip netns exec outside iperf3 -s -1 >/dev/null 2>&1 </dev/null &
		server=$!
		wait_for 5 "iperf3 to listen" listens outside t 5201
		timeout 300 ip netns exec inside iperf3 -c $address $how -J >"$tmp/iperf.json" ||
			fail "iperf3 $how to $address: $(jq -r .error "$tmp/iperf.json")"
		wait $server || true
		jq -e '.end | (.sum_received // .sum).bytes > 0 and (.sum.lost_packets // 0) < (.sum.packets // 1)' \
			"$tmp/iperf.json" >/dev/null || fail "iperf3 $how to $address: $(jq .end "$tmp/iperf.json")"
	done
done

say "curl: what was served comes, every byte"
serve outside
serve inside
sum=$(md5sum <"$tmp/www/data")
[ "$(ct_exec inside curl -sS -m 300 http://10.0.0.2/data | md5sum)" = "$sum" ] || fail "by IPv4"
[ "$(ct_exec inside curl -sS -g -m 300 'http://[fd00::2]/data' | md5sum)" = "$sum" ] || fail "by IPv6"
ct_exec inside curl -sS -m 60 -o /dev/null http://10.0.0.1/data # the server inside does serve
refused 'timed out|timeout' ct_exec outside curl -sS -m 3 http://10.0.0.1/data
refused 'timed out|timeout' ct_exec outside curl -sS -g -m 3 'http://[fd00::1]/data'

say "traceroute: errors from a router on the way belong to the connection"
for how in -U -I "-T -p 80"; do
	ct_exec inside traceroute -n -q 2 -w 20 -N 1 -m 4 $how 10.9.0.2 >"$tmp/trace" || fail "traceroute $how"
	grep -qE '^ *1 +10\.0\.0\.2 ' "$tmp/trace" || fail "$how: no error from the router: $(cat "$tmp/trace")"
	grep -qE '^ *2 +10\.9\.0\.2 ' "$tmp/trace" || fail "$how: the end was not reached: $(cat "$tmp/trace")"
done

say "datagrams of 30,000 bytes and their answers"
for side in outside inside; do
	ip netns exec $side python3 -c '
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 7000))
while True:
    data, peer = s.recvfrom(65536)
    s.sendto(data[::-1], peer)' >/dev/null 2>&1 </dev/null 9>&- &
	wait_for 5 "the echo in $side" listens $side u 7000
done
datagram() { # FROM ADDRESS SECONDS: again and again, until one is answered
	ip netns exec "$1" python3 -c '
import os, socket, sys, time
family, _, _, _, to = socket.getaddrinfo(sys.argv[1], 7000, type=socket.SOCK_DGRAM)[0]
s = socket.socket(family, socket.SOCK_DGRAM)
s.settimeout(1)
data, end = os.urandom(30000), time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    s.sendto(data, to)
    try:
        sys.exit(s.recv(65536) != data[::-1])
    except socket.timeout:
        pass
sys.exit("nothing came back")' "$2" "$3"
}
for address in 10.0.0.2 fd00::2; do datagram inside $address 60; done
for address in 10.0.0.1 fd00::1; do refused 'nothing came back' datagram outside $address 3; done

say "the switch tells of the connections"
says '10\.0\.0\.2' switch conntrack list --proto tcp --dport 80
kill -0 "$dataplane_pid" || fail "the switch ended"
