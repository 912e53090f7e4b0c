#!/bin/bash
# Who connects to a vhost-user port's socket and talks nonsense, or goes in mid-sentence, disturbs
# nobody: containers on the same switch go on.
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none
for n in 1 2; do
	ct_start c$n
	switch port add c$n --type tap --number $n --option netns=c$n --option ifname=eth0 >/dev/null
	ip -n c$n addr add 10.0.0.$n/24 dev eth0
done
switch port add vm --type vhost-user --number 3 --option "socket=$tmp/vm.sock" >/dev/null
ovs-ofctl -O OpenFlow13 add-flow tcp:127.0.0.1:6654 actions=FLOOD
wait_for 5 "the first ping" ct_exec c1 busybox ping -c 1 -W 1 10.0.0.2

say "a socket that is in use is refused"
refused 'another port' switch port add vm2 --type vhost-user --option "socket=$tmp/vm.sock"
refused 'options.socket|absolute' switch port add vm2 --type vhost-user --option socket=relative

say "nonsense, half sentences and false memory"
ping_all c1 10.0.0.2 60 0.05 >"$tmp/ping.log" 2>&1 &
ping_pid=$!
python3 "$root/tests/integration/vhost_peer.py" "$tmp/vm.sock"
wait $ping_pid || fail "packets were lost: $(cat "$tmp/ping.log")"

say "it got as far as its rings"
seen=$(switch port stats -o json |
	jq '[.ports[] | select(.name == "vm") | .rxPackets, .rxErrors | tonumber] | add')
[ "$seen" -gt 0 ] || fail "no frame of the peer was received: $(switch port stats)"

say "the port works on: it can be deleted, and its socket goes"
switch port del vm
[ ! -e "$tmp/vm.sock" ] || fail "the socket is still there"
switch info >/dev/null
