#!/bin/bash
# A virtual machine on vhost-user behind a stateful firewall: it opens connections to a container and
# is answered, with its offloads and in fragments; the container reaches it by none of its own.
#
#   vm, inside (port 1, vhost-user) -- switch -- (port 2, tap) outside
limit=200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/firewall.sh"

start_dataplane --controller none
switch port add vm --type vhost-user --number 1 --option "socket=$tmp/vm.sock" >/dev/null
add_side outside 2 10.0.0.2
switch port add third --type null --number 3 >/dev/null
firewall_flows >"$tmp/firewall"
ofctl add-flows $flows "$tmp/firewall"
guest_start vm $(guest_vhost_args "$tmp/vm.sock" 02:00:00:00:00:01)
guest_wait vm
guest_exec vm 'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad
ip addr add 10.0.0.1/24 dev eth0 && ip addr add fd00::1/64 dev eth0 && ip link set eth0 up'
wait_for 20 "the guest to reach the container" guest_exec vm 'ping -c 1 -W 1 10.0.0.2'

say "ping, also in fragments"
guest_exec vm 'ping -c 1 -W 20 -s 20000 10.0.0.2' >/dev/null
guest_exec vm 'ping -6 -c 1 -W 20 -s 20000 fd00::2' >/dev/null
before=$(n_refused)
no_reach outside 10.0.0.1
[ "$(n_refused)" -gt "$before" ] || fail "the rule against the outside has counted nothing"

say "8 MB by HTTP, every byte; and none the other way round"
serve outside
sum=$(md5sum <"$tmp/www/data")
got=$(guest_exec vm -t 300 'wget -q -O - http://10.0.0.2/data | tee /tmp/data | md5sum')
[ "$got" = "$sum" ] || fail "the guest has got $got"
guest_exec vm 'httpd -p 80 -h /tmp'
refused 'timed out|timeout' ct_exec outside curl -sS -m 3 http://10.0.0.1/data

say "iperf3, both ways of connections that the guest has opened"
for how in "-n 8M" "-n 8M --reverse" "-u -b 10M -n 1M -l 8000"; do
	ip netns exec outside iperf3 -s -1 >/dev/null 2>&1 </dev/null 9>&- &
	server=$!
	wait_for 5 "iperf3 to listen" listens outside t 5201
	guest_exec vm -t 300 "iperf3 -c 10.0.0.2 $how" >"$tmp/iperf.log" || fail "iperf3 $how: $(tail -n 3 "$tmp/iperf.log")"
	wait $server || true
done

say "a guest that goes leaves its connections to their timeouts"
[ "$(switch conntrack list --proto tcp -o json | jq '.connections | length')" -ge 3 ] || fail "$(switch conntrack list)"
guest_kill vm
says '10\.0\.0\.2' switch conntrack list --proto tcp
kill -0 "$dataplane_pid" || fail "the switch ended"
