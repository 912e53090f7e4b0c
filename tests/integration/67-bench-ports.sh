#!/bin/bash
# weft-bench on each kind of port, by itself and with a switch between: both sides of vhost-user, memif,
# tap; and weft-bench reflect at the far end.
limit=200
. "$(dirname "$0")/lib.sh"

sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 # no frames of its own
generate() { # CHECK OPTION...
	local check=$1
	shift
	weft-bench generate --no-huge --json --flows 100 --drain 60000 "$@" >"$tmp/result"
	jq -e "[.directions[] | $check] | all" <"$tmp/result" >/dev/null || fail "$*: $(cat "$tmp/result")"
}
all='.asked == .sent and .received == .sent and .lost == 0 and .corrupt == 0 and .foreign == 0 and .sent'
# So few that a ring has room for all, if a busy machine lets the other side stand.
few="--packets 400 --rate 2000"
many="--packets 2000 --rate 20000"

say "both ends of a connection"
generate "$all == 2000" $many --tx "virtio-user:$tmp/v" --rx "vhost-user:$tmp/v" --size 64,1518
generate "$all == 2000" $many --tx "vhost-user:$tmp/v" --rx "virtio-user:$tmp/v" --bidirectional
generate "$all == 2000" $many --tx "virtio-user:$tmp/w,server" --rx "vhost-user:$tmp/w,client"
generate "$all == 2000" $many --tx "memif:$tmp/m,server" --rx "memif:$tmp/m" --size imix --bidirectional
ip link add br0 type bridge
ip link set br0 up
weft-bench generate --no-huge --json --tx tap:t0 --rx tap:t1 --seconds 0 --rate 1000 \
	>"$tmp/taps" 2>"$tmp/taps.log" </dev/null 9>&- &
pid=$!
for t in t0 t1; do
	wait_for 10 "the tap $t" ip link show $t
	ip link set $t master br0 up
done
came() { [ "$(cat /sys/class/net/t1/statistics/tx_packets)" -gt 200 ]; }
wait_for 20 "packets by the bridge" came
kill -INT $pid
wait $pid || fail "an interrupt is no failure"
jq -e '.directions[0] | .received > 100 and .sent == .received + .lost' <"$tmp/taps" >/dev/null ||
	fail "$(cat "$tmp/taps")"

say "a switch between guests' ports"
start_dataplane --controller none
sw=tcp:127.0.0.1:6654
for i in 1 2; do
	switch port add v$i --type vhost-user --number $i --option "socket=$tmp/v$i" >/dev/null
done
ovs-ofctl -O OpenFlow13 add-flow $sw in_port=1,actions=output:2
ovs-ofctl -O OpenFlow13 add-flow $sw in_port=2,actions=output:1
generate "$all == 400" $few --tx "virtio-user:$tmp/v1" --rx "virtio-user:$tmp/v2" --bidirectional --size 64,594 --latency

say "weft-bench reflect at the far end"
weft-bench reflect --no-huge --json --port "virtio-user:$tmp/v2" >"$tmp/reflected" 2>"$tmp/reflect.log" </dev/null 9>&- &
pid=$!
v2_is_up() { switch port list -o json | jq -e '.ports[] | select(.name == "v2") | .isUp'; }
wait_for 20 "the reflector" v2_is_up
generate "$all == 400" $few --tx "virtio-user:$tmp/v1" --rx "virtio-user:$tmp/v1"
kill -INT $pid
wait $pid || fail "an interrupt is no failure"
jq -e '.ports[0] | .received == 400 and .sent == 400' <"$tmp/reflected" >/dev/null || fail "$(cat "$tmp/reflected")"

say "a switch's memif port"
switch port add m --type dpdk --number 3 \
	--option "devargs=net_memif9,role=server,socket=$tmp/m3,socket-abstract=no" >/dev/null
ovs-ofctl -O OpenFlow13 add-flow $sw in_port=3,actions=output:1
generate "$all == 400" $few --tx "memif:$tmp/m3" --rx "virtio-user:$tmp/v1"

say "the documents tell of every option, and their commands work"
for mode in switch generate rfc2544 reflect; do
	keys=$(weft-bench $mode --help | sed -n 's/^ *\(-[a-z], \)\?--\([a-z0-9-]*\) .*/\2/p' | grep -vxE 'help|version|config')
	[ "$(wc -w <<<"$keys")" -ge 6 ] || fail "weft-bench $mode --help tells only $keys"
	for key in $keys; do
		grep -qE "^\.It.* ?Fl -$key\b" "$root/docs/man/weft-bench.1" || fail "weft-bench(1) lacks --$key of $mode"
	done
done
stop "$dataplane_pid" TERM
# The indented lines are commands; those that begin with weft-bench need no huge pages here.
sed -n 's/^    //p' "$root/docs/howto/find-out-what-a-machine-can-do.md" |
	sed 's/^weft-bench \(generate\|rfc2544\)/& --no-huge/' >"$tmp/howto"
[ "$(grep -c '^weft-bench' "$tmp/howto")" -ge 6 ] || fail "the howto has lost its commands"
(set -e; . "$tmp/howto") >"$tmp/howto.log" 2>&1 9>&- || fail "the howto: $(tail -n 3 "$tmp/howto.log")"
says '^10000 flows, 64 bytes' cat "$tmp/howto.log"
says '^1518 bytes' cat "$tmp/howto.log"
says '"pattern": "sequential"' cat "$tmp/howto.log"
