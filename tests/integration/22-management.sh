#!/bin/bash
# The management socket: only its owner may open it, ports come and go while traffic runs, groups,
# meters and the connections' messages are shown, errors name the field, and a client that sends
# nonsense harms nobody.
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
	timeout 100 ovs-ofctl -O OpenFlow13 add-flow tcp:127.0.0.1:6654 "$flow"
done
reach_soon c1 10.0.0.2
ping_all c1 10.0.0.2 40 0.05 >"$tmp/ping.log" 2>&1 &
ping=$!
for round in 1 2 3 4 5 6; do
	switch port add "n$round" --type null >/dev/null
	switch port del "n$round"
done
wait "$ping" || fail "packets were lost while ports came and went: $(cat "$tmp/ping.log")"

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

say "groups and meters"
says 'no groups' switch groups
says 'no meters' switch meters
sw=tcp:127.0.0.1:6654
ofctl() { timeout 100 ovs-ofctl -O OpenFlow13 "$@"; }
ofctl add-meter $sw "meter=5,pktps,burst,stats,bands=type=drop,rate=1000,burst_size=100,type=dscp_remark,rate=500,burst_size=50,prec_level=1"
ofctl add-meter $sw "meter=6,kbps,bands=type=drop,rate=100000"
ofctl add-group $sw "group_id=7,type=select,bucket=weight:2,output:1,bucket=weight:3,output:2"
ofctl add-group $sw "group_id=8,type=ff,bucket=watch_port:2,output:2,bucket=watch_group:7,group:7"
ofctl add-flow $sw in_port=1,actions=meter:5,group:8
reach_soon c1 10.0.0.2
says '^group 7, select, used by 1  \[0 packets\]$' switch groups
says '^  bucket [0-9]+, weight 3  -> output:2  \[0 packets\]$' switch groups
says '^group 8, fast failover, used by 1  \[[1-9][0-9]* packets\]$' switch groups
says '^  bucket [0-9]+, watches port 2  -> output:2  \[[1-9][0-9]* packets\]$' switch groups
says '^  bucket [0-9]+, watches group 7  -> group:7  \[0 packets\]$' switch groups
switch groups -o json | jq -e '.groups | map(.id) == [7, 8] and .[0].buckets[1].weight == 3 and .[1].buckets[0].watch == "port 2"' >/dev/null
says '^ +5 +1 +[1-9][0-9]* +drop +1000 packets/s +100 +0$' switch meters
says '^ +- +- +- +dscp remark \+1 +500 packets/s +50 +[0-9]+$' switch meters
says '^ +6 +0 +0 +drop +100000 kbit/s +' switch meters
switch meters -o json | jq -e '.meters[0] | .id == 5 and .flowCount == 1 and .unit == "packets" and (.bands | map(.rate) == [1000, 500])' >/dev/null

say "snoop"
heard() { grep -qE -- "$2" "$tmp/$1"; } # FILE PATTERN
probed() { ofctl probe $sw && [ -s "$tmp/all" ]; }
weft --socket "$socket" switch snoop >"$tmp/all" 2>&1 </dev/null &
snoop=$!
wait_for 5 "the first message" probed
ofctl add-flow $sw cookie=0x99,priority=9,tcp,tcp_dst=80,actions=output:2
ofctl dump-flows $sw cookie=0x99/-1 >/dev/null
at='^[0-9:]{8}\.[0-9]{3} tcp:127\.0\.0\.1:[0-9]+'
wait_for 5 "a flow-mod" heard all "$at -> OFPT_FLOW_MOD \(OF1\.3\) \(xid=0x[0-9a-f]+\): ADD priority=9,tcp,tp_dst=80 cookie:0x99 actions=output:2$"
wait_for 5 "a request of flows" heard all "$at -> OFPST_FLOW request \(OF1\.3\)"
wait_for 5 "a reply of flows" heard all "$at <- OFPST_FLOW reply \(OF1\.3\)"
wait_for 5 "a hello" heard all "$at -> OFPT_HELLO \(OF1\.3\)"
kill -TERM $snoop
wait $snoop || [ $? = 143 ] || fail "it ended with $?"

# Ctrl-C: nothing is said, and what came before was told.
python3 - "$socket" "$tmp/interrupted" <<-'END'
	import signal, subprocess, sys, time
	p = subprocess.Popen(["weft", "--socket", sys.argv[1], "switch", "snoop"], stdout=open(sys.argv[2], "wb"),
	                     stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
	until = time.monotonic() + 100
	while time.monotonic() < until:
	    subprocess.run(["ovs-ofctl", "-O", "OpenFlow13", "probe", "tcp:127.0.0.1:6654"], check=True)
	    if open(sys.argv[2]).read().count("\n") > 3:
	        break
	p.send_signal(signal.SIGINT)
	said = p.communicate(timeout=100)[1]
	if said or p.returncode not in (0, -signal.SIGINT):
	    sys.exit("Ctrl-C: it ended with %d and said %r" % (p.returncode, said))
END
heard interrupted 'OFPT_ECHO_REQUEST'

# Only of a kind, by either name, and so many.
ended() { ! kill -0 $snoop 2>/dev/null; }
snoops_until_end() { # FILE OPTION...
	local file=$1
	shift
	weft --socket "$socket" switch snoop "$@" >"$tmp/$file" 2>&1 </dev/null &
	snoop=$!
	until ended; do
		ofctl --strict mod-flows $sw priority=9,tcp,tcp_dst=80,actions=output:2
		ofctl dump-aggregate $sw >/dev/null
	done
	wait $snoop || fail "it ended with $?: $(cat "$tmp/$file")"
}
snoops_until_end kind --type flow_mod --count 2
[ "$(wc -l <"$tmp/kind")" = 2 ] && [ "$(grep -c 'OFPT_FLOW_MOD .*MOD_STRICT' "$tmp/kind")" = 2 ] || fail "of a kind: $(cat "$tmp/kind")"
snoops_until_end ofctl_kind --type OFPST_AGGREGATE --count 3 -o json
jq -se 'length == 3 and all(.kind | startswith("AGGREGATE_RE")) and all(.version == "1.3") and all(.xid > 0)' "$tmp/ofctl_kind" >/dev/null ||
	fail "as JSON: $(cat "$tmp/ofctl_kind")"
snoops_until_end peer --peer tcp:127.0.0.1 --count 5
[ "$(grep -cE -- "$at" "$tmp/peer")" = 5 ] || fail "of a peer: $(cat "$tmp/peer")"
refused 'count' switch snoop --count 0
timeout 0.5 weft --socket "$socket" switch snoop --peer 192.0.2.1 >"$tmp/stranger" 2>&1 &
snoop=$!
until ended; do ofctl probe $sw; done
[ ! -s "$tmp/stranger" ] || fail "of another peer: $(cat "$tmp/stranger")"

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
