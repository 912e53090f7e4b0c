#!/bin/bash
# The management socket: only its owner may open it, ports come and go while traffic runs, errors
# name the field, and a client that sends nonsense harms nobody.
. "$(dirname "$0")/lib.sh"

start_dataplane --datapath-id 22
[ "$(stat -c %a "$socket")" = 600 ] || fail "the socket's mode is $(stat -c %a "$socket")"
says 'datapath 0000000000000022' switch info
says '127.0.0.1:6653 +connecting' switch info

say "ports"
ct_start c1
ct_start c2
for i in 1 2; do
	switch port add "p$i" --type tap --option "netns=/run/netns/c$i" --option ifname=eth0 >/dev/null
	ip -n "c$i" addr add "10.0.0.$i/24" dev eth0
	ip -n "c$i" link set eth0 up
done
says '^number +1$' switch port add p1 --type tap --option netns=/run/netns/c1 --option ifname=eth0
refused 'p1' switch port add p1 --type null
refused 'number' switch port add p9 --type null --number 2
refused 'type' switch port add p9 --type floppy
refused 'netns' switch port add p9 --type tap --option netns=/run/netns/nobody
refused 'optoin|option' switch port add p9 --type null --option optoin=1
refused 'p9' switch port del p9
says 'vhost-user' switch port types
says 'socket' switch port add vm --type vhost-user --option "socket=$tmp/vm.sock"
[ -S "$tmp/vm.sock" ] || fail "the guest's socket is not there"
switch port del vm
[ ! -e "$tmp/vm.sock" ] || fail "the guest's socket is still there"

say "ports come and go while others talk"
for flow in in_port=1,actions=output:2 in_port=2,actions=output:1 priority=1,actions=drop; do
	timeout 10 ovs-ofctl -O OpenFlow13 add-flow tcp:127.0.0.1:6654 "$flow"
done
reach_soon c1 10.0.0.2
ct_exec c1 busybox ping -c 40 -i 0.05 -W 1 10.0.0.2 >"$tmp/ping.log" &
ping=$!
for round in 1 2 3 4 5 6; do
	switch port add "n$round" --type null >/dev/null
	switch port del "n$round"
done
wait "$ping" || fail "packets were lost while ports came and went: $(tail -n 2 "$tmp/ping.log")"
grep -q ' 0% packet loss' "$tmp/ping.log" || fail "$(tail -n 2 "$tmp/ping.log")"

say "it tells what it does"
says 'in_port=1 *$|in_port=1' switch flows
says 'in_port' switch flows --match in_port=1
says '0 +3 ' switch tables
says 'output:2' switch trace in_port=1,tcp,nw_dst=10.0.0.2,tcp_dst=80
says 'drop' switch trace in_port=7
refused 'tcp_dst' switch trace in_port=1,tcp,tcp_dst=x
says 'p2 ' switch port stats
says 'WORKER' switch workers
says 'REASON|no packet' switch drops

say "nonsense on the socket"
python3 - "$socket" <<-'END'
	import os, socket, sys
	for data in (b"\xff" * 100, b"\0\0\0\0" * 50, b"\0\0\0\x05abcde" * 50, os.urandom(5000),
	             b"\x7f\xff\xff\xff", b"\0\0"):
	    s = socket.socket(socket.AF_UNIX)
	    s.connect(sys.argv[1])
	    s.settimeout(1)
	    try:
	        s.sendall(data)
	        s.shutdown(socket.SHUT_WR)
	        while s.recv(4096):
	            pass
	    except OSError:
	        pass
END
says 'datapath 0000000000000022' switch info

say "it ends in peace, and the container's interface stays"
stop "$dataplane_pid" TERM
[ ! -e "$socket" ] || fail "the socket is still there"
ip -n c1 link show eth0 >/dev/null || fail "the container's interface is gone"
start_dataplane
switch port add p1 --type tap --option netns=/run/netns/c1 --option ifname=eth0 >/dev/null
says '10\.0\.0\.1/24' ip -n c1 addr show dev eth0
