#!/bin/bash
# weft-bench generate: a foreign dissector judges its packets, and what it counts through a switch that
# drops, doubles, tags and lengthens the way is what the switch did.
#
#	weft-bench --af_packet--> c1:eth0 === tap p1 -- switch -- p2 tap === c2:eth0 --> weft-bench
limit=250
. "$(dirname "$0")/lib.sh"

sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 # no frames of its own
generate() { weft-bench generate --no-huge --json --rate 5000 --drain 60000 "$@"; }

# -- the packets themselves --

ip link add va type veth peer name vb
ip link set va mtu 9000 up
ip link set vb mtu 9000 up

# Capture on vb while weft-bench sends 480 packets from va with OPTIONS; fields of each go to $tmp/fields.
judge() { # FIELDS OPTION...
	local fields=() f
	for f in $1; do fields+=(-e "$f"); done
	shift
	rm -f "$tmp/judged.pcap" "$tmp/result"
	dumpcap -q -i vb -B 32 -w "$tmp/judged.pcap" >"$tmp/judge.log" 2>&1 </dev/null 9>&- &
	wait_for 10 "dumpcap to listen" test -s "$tmp/judged.pcap"
	sleep_until_captures
	generate --tx af_packet:va --rx af_packet:vb --packets 480 "$@" >"$tmp/result"
	wait_for 10 "dumpcap to see all" captured 480
	stop $! INT
	tshark -r "$tmp/judged.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-T fields -E separator=' ' "${fields[@]}" 2>/dev/null >"$tmp/fields"
	jq -e '.directions[0] | .asked == 480 and .sent == 480 and .received == 480 and .lost == 0 and
		.reordered == 0 and .duplicated == 0 and .corrupt == 0 and .foreign == 0' <"$tmp/result" >/dev/null ||
		fail "$*: $(cat "$tmp/result")"
}
# The file begins before the capture does: a frame of ours shows that it runs.
sleep_until_captures() { wait_for 10 "the capture to run" first_frame_is_captured; }
first_frame_is_captured() {
	generate --tx af_packet:va --rx af_packet:vb --packets 1 --dport 4000 >/dev/null
	captured 1
}
captured() { # N: frames of the run, without those that were sent to try
	[ "$(tshark -r "$tmp/judged.pcap" 2>/dev/null | wc -l)" -ge "$1" ]
}
ours() { grep -v ' 4000 ' "$tmp/fields"; }
n_distinct() { ours | cut -d' ' -f "$1" | sort -u | wc -l; }
is() { [ "$1" = "$2" ] || fail "$3: $1 instead of $2: $(head -n 3 "$tmp/fields")"; }

say "IPv4: ranges, sizes, checksums"
judge "udp.srcport udp.dstport ip.src ip.dst eth.src eth.dst frame.len ip.checksum.status udp.checksum.status" \
	--flows 120 --src 10.1.0.0/16 --dst 10.2.0.0/24 --sport 1000-1009 --dport 53 \
	--smac 02:00:00:00:01:00-02:00:00:00:01:3b --dmac 06:00:00:00:00:01 --size imix
is "$(ours | wc -l)" 480 "packets"
is "$(ours | cut -d' ' -f 1-4 | sort -u | wc -l)" 120 "flows"
is "$(n_distinct 1)" 10 "source ports"
is "$(n_distinct 3)" 120 "source addresses"
is "$(n_distinct 4)" 120 "destination addresses"
is "$(n_distinct 5)" 60 "source MAC addresses"
is "$(ours | grep -c '^10.. 53 10\.1\.[0-9.]* 10\.2\.0\.[0-9]* 02:00:00:00:01:.. 06:00:00:00:00:01 [0-9]* 1 1$')" 480 \
	"packets within the ranges, with good checksums"
is "$(ours | cut -d' ' -f 7 | sort -n | uniq -c | tr -s ' \n' ' ')" " 280 60 160 590 40 1514 " "sizes"

say "IPv6 with a VLAN, each packet a new flow, jumbo frames"
judge "udp.srcport udp.dstport ipv6.src vlan.id udp.checksum.status frame.len" --pattern new \
	--src 2001:db8::/64 --dst 2001:db8:1::1 --vlan 100-103 --size 88,9018
is "$(ours | wc -l)" 480 "packets"
is "$(n_distinct 3)" 480 "source addresses"
is "$(n_distinct 4)" 4 "VLANs"
is "$(n_distinct 5)" 1 "states of checksums"
is "$(ours | grep -c ' 1 84$')" 240 "small packets with good checksums"
is "$(ours | grep -c ' 1 9014$')" 240 "large packets with good checksums"

say "VXLAN"
judge "udp.srcport udp.dstport ip.src vxlan.vni frame.len ip.checksum.status udp.checksum.status" \
	--flows 60 --vxlan 5000,6000-6001 --vxlan-src 192.0.2.7 --size 64
is "$(ours | wc -l)" 480 "packets"
is "$(ours | cut -d' ' -f 4 | sort | uniq -c | tr -s ' \n' ' ')" " 160 5000 160 6000 160 6001 " "VNIs"
is "$(ours | grep -cE '^[0-9]+,[0-9]+ 4789,9 192\.0\.2\.7,198\.18\.[0-9.]+ [0-9]+ 110 1,1 3,1$')" 480 \
	"packets in a tunnel without outer UDP checksum, good inside"
[ "$(ours | cut -d, -f 1 | sort -u | wc -l)" -gt 10 ] || fail "flows do not show in the outer source port"

say "patterns"
judge "udp.srcport udp.dstport ip.src" --flows 100 --pattern zipf:1.5
[ "$(ours | cut -d' ' -f 3 | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }')" -gt 100 ] ||
	fail "no flow is frequent"
judge "udp.srcport udp.dstport ip.src" --flows 100 --pattern uniform
[ "$(ours | cut -d' ' -f 3 | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }')" -lt 30 ] ||
	fail "a flow is frequent"

# -- through a switch --

start_dataplane --controller none
for i in 1 2; do
	ct_start c$i
	ip netns exec c$i sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	switch port add p$i --type tap --option netns=c$i --option ifname=eth0 --number $i >/dev/null
	ip -n c$i link set eth0 up
done
sw=tcp:127.0.0.1:6654
ofctl() { ovs-ofctl -O OpenFlow13 "$@"; }

# With FLOWS in the switch 400 packets of 4 flows, which source addresses tell; CHECK is jq's.  So many have
# room in each queue between, if a busy machine lets one side stand.
through() { # FLOWS CHECK OPTION...
	local flow check=$2
	ofctl del-flows $sw
	while read -r flow; do ofctl add-flow $sw "$flow"; done <<<"$1"
	shift 2
	generate --tx af_packet:eth0,netns=c1 --rx af_packet:eth0,netns=c2 --packets 400 --flows 4 "$@" >"$tmp/result"
	jq -e "$check" <"$tmp/result" >/dev/null || fail "$check: $(cat "$tmp/result")"
}

say "all, some, twice, changed"
through "in_port=1,actions=output:2" \
	'.directions[0] | .sent == 400 and .received == 400 and .loss == 0 and .latency_us.count == 400' --latency
# what weft-bench(1) promises, no more and no less
jq -e '(keys == ["config", "directions", "interrupted", "mode", "tool", "version"]) and
	(.config | keys == ["bidirectional", "cores", "flows", "huge_pages", "pattern", "rx", "sizes", "tx"]) and
	(.directions[0] | with_entries(select(.value | type != "number")) | keys == ["from", "latency_us", "lateness_us", "to"]) and
	(.directions[0] | with_entries(select(.value | type == "number")) | keys == ["asked", "corrupt", "duplicated", "foreign",
		"loss", "lost", "missed", "received", "reordered", "rx_bits_per_second", "rx_pps", "seconds", "sent",
		"tx_bits_per_second", "tx_pps", "unsent"]) and
	(.directions[0].latency_us | keys == ["count", "max", "mean", "min", "p50", "p90", "p99", "p99_9"])' \
	<"$tmp/result" >/dev/null || fail "members: $(cat "$tmp/result")"
says 'n_packets=400,' ofctl dump-flows $sw
through "priority=1,in_port=1,actions=output:2
priority=2,ip,in_port=1,nw_src=198.18.0.2,actions=drop" \
	'.directions[0] | .sent == 400 and .received == 300 and .lost == 100 and .loss == 0.25' --drain 10000
through "in_port=1,actions=output:2,output:2" \
	'.directions[0] | .received == 400 and .duplicated == 400 and .lost == 0'
through "ip,in_port=1,actions=push_vlan:0x8100,set_field:4097->vlan_vid,dec_ttl,set_field:192.0.2.9->ip_dst,output:2" \
	'.directions[0] | .received == 400 and .corrupt == 0 and .foreign == 0'

say "both directions, of the same connections"
through "ip,in_port=1,nw_src=198.18.0.0/16,nw_dst=198.19.0.0/16,udp,tp_dst=9,actions=output:2
ip,in_port=2,nw_src=198.19.0.0/16,nw_dst=198.18.0.0/16,udp,tp_src=9,actions=output:1" \
	'[.directions[] | .sent == 400 and .received == 400] == [true, true]' --bidirectional
jq -e '(.directions[0].from == .directions[1].to) and .config.bidirectional' <"$tmp/result" >/dev/null ||
	fail "$(cat "$tmp/result")"

say "--learn lets the receiver speak first"
through "in_port=1,actions=drop
in_port=2,actions=output:1" '.directions[0] | .sent == 400 and .received == 0' --learn --drain 10000
says 'n_packets=4,' ofctl dump-flows $sw in_port=2

# -- the program --

say "the table, and an end before time"
ofctl del-flows $sw
ofctl add-flow $sw in_port=1,actions=output:2
says '^  received +100 packets' weft-bench generate --no-huge --tx af_packet:eth0,netns=c1 \
	--rx af_packet:eth0,netns=c2 --packets 100 --rate 1000 --latency
weft-bench generate --no-huge --json --tx af_packet:eth0,netns=c1 --rx af_packet:eth0,netns=c2 --rate 1000 \
	--seconds 0 >"$tmp/interrupted" 2>"$tmp/interrupted.log" &
pid=$!
flows_run() { ofctl dump-flows $sw | grep -qE 'n_packets=[2-9][0-9]{2,}'; }
wait_for 20 "packets to run" flows_run
kill -INT $pid
wait $pid || fail "an interrupt is no failure"
jq -e '.interrupted and (.directions[0] | .sent > 100 and .sent == .received + .lost)' <"$tmp/interrupted" >/dev/null ||
	fail "$(cat "$tmp/interrupted")"

say "a line a second on a terminal"
script -qfec "weft-bench generate --no-huge --tx af_packet:va --rx af_packet:vb --rate 100 --seconds 0" /dev/null \
	>"$tmp/progress" </dev/null 9>&- &
wait_for 20 "progress" grep -qE '^ +1 s  sent +[0-9]+ pps  received +[0-9]+ pps' "$tmp/progress"
pkill -INT -x weft-bench
wait $! || fail "$(cat "$tmp/progress")"

# Packets that were due while the generator was stopped have waited, all of them, not only the first: 400 ms
# before half of the 2 s are over, so that more than a tenth waited for longer than 100 ms.
say "what waits is seen, though the generator itself was held up"
count() { cat /sys/class/net/vb/statistics/rx_packets; }
runs() { [ "$(count)" -gt $((before + 100)) ]; }
held_in_time() { # a busy machine may be too late
	weft-bench generate --no-huge --json --latency --drain 60000 --tx af_packet:va --rx af_packet:vb --rate 1000 \
		--packets 2000 >"$tmp/held" 2>"$tmp/held.log" </dev/null 9>&- &
	pid=$!
	before=$(count)
	wait_for 20 "packets to run" runs
	kill -STOP $pid
	[ "$(count)" -lt $((before + 1000)) ] || is_late=yes
	sleep 0.4 # the measure itself
	kill -CONT $pid
	wait $pid || fail "$(cat "$tmp/held.log")"
	[ -z "$is_late" ]
}
for try in {1..20}; do
	is_late=
	! held_in_time || break
done
[ -z "$is_late" ] || fail "not once held before half of the packets were sent"
jq -e '.directions[0] | .received == 2000 and .latency_us.max > 300000 and .latency_us.p90 > 100000 and
	.lateness_us.p90 > 100000' <"$tmp/held" >/dev/null || fail "$(cat "$tmp/held")"

say "what is wrong is named"
g="weft-bench generate --no-huge"
refused '^weft-bench: --tx PORT is missing' $g
refused '^weft-bench: --rx PORT is missing' $g --tx af_packet:va
refused "^weft-bench: --tx: 'eth0' is not a port: give dpdk:" $g --tx eth0 --rx af_packet:vb
refused '^weft-bench: --tx: af_packet:none: .*No such device' $g --tx af_packet:none --rx af_packet:vb
refused '^weft-bench: --rx: virtio-user:.* does somebody listen' $g --tx af_packet:va --rx "virtio-user:$tmp/nobody"
refused 'has no link after 0 s: .*--wait' $g --tx "vhost-user:$tmp/vhost" --rx af_packet:vb --wait 0
refused 'netns|network namespace' $g --tx tap:t0,netns=nowhere --rx af_packet:vb
refused '^weft-bench: --flows: the ranges hold 10 different flows, not 11' $g --tx af_packet:va --rx af_packet:vb \
	--flows 11 --src 10.0.0.1-10.0.0.10 --dst 10.0.0.1 --sport 1
refused '^weft-bench: --size: 64 bytes have no room .* at least 84' $g --tx af_packet:va --rx af_packet:vb \
	--src 2001:db8::1 --dst 2001:db8::2
refused '^weft-bench: --rate: .*give packets or bits' $g --tx af_packet:va --rx af_packet:vb --rate '50%'
refused '^weft-bench: --cores:' $g --tx af_packet:va --rx af_packet:vb --cores 1023
refused '^weft-bench: --bidirectional needs two ports' $g --tx af_packet:va --rx af_packet:va --bidirectional
refused '^weft-bench: --vxlan-src:' $g --tx af_packet:va --rx af_packet:vb --vxlan 1 --vxlan-src 10.0.0.0/8
refused "'nonsense' is no mode" weft-bench nonsense
refused 'unexpected' $g --tx af_packet:va --rx af_packet:vb nonsense
says 'warning: no huge pages' weft-bench generate --tx af_packet:va --rx af_packet:vb --packets 1 --memory 65536 \
	--eal -m128
for mode in switch generate rfc2544 reflect; do
	says "^Usage: weft-bench $mode " weft-bench $mode --help
	says "^  $mode " weft-bench --help
done
