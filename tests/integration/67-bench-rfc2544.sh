#!/bin/bash
# weft-bench rfc2544 finds what a switch lets through that forwards the first 512 flows and drops others.
# Each packet is of a new flow, so a trial of 1 s at R packets a second loses 1 - 512 / R, however fast the
# machine is.  That is the least: a busy machine may lose more, then the same is measured again.
limit=240
. "$(dirname "$0")/lib.sh"

start_dataplane --controller none
for i in 1 2; do
	ct_start c$i
	ip netns exec c$i sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	switch port add p$i --type tap --option netns=c$i --option ifname=eth0 --number $i >/dev/null
	ip -n c$i link set eth0 txqueuelen 4000 up
done
sw=tcp:127.0.0.1:6654
ovs-ofctl -O OpenFlow13 add-flow $sw in_port=1,ip,nw_src=10.0.0.0/23,actions=output:2
measure() { # CHECK OPTION...
	local check=$1
	shift
	weft-bench rfc2544 --no-huge --json --drain 300 --tx af_packet:eth0,netns=c1 --rx af_packet:eth0,netns=c2 \
		--pattern new --src 10.0.0.0/16 --seconds 1 "$@" >"$tmp/result"
	jq -e "$check" <"$tmp/result" >/dev/null || fail "$*: $(cat "$tmp/result")"
}
# What holds on any machine is ALWAYS; ONCE is what is found if nothing disturbs.
measure_calmly() { # ALWAYS ONCE OPTION...
	local always=$1 once=$2 try
	shift 2
	for try in {1..20}; do
		measure "$always" "$@"
		! jq -e "$once" <"$tmp/result" >/dev/null || return 0
	done
	fail "$* in $try tries: $(cat "$tmp/result")"
}

say "the search converges: 1024 packets a second lose half"
measure_calmly '.results[0] | .size == 128 and .max_pps == 1800 and .trials >= 5 and .frame_loss == [] and
	(.throughput | . == null or (.loss <= 0.5 and .offered_pps <= 1025 and .pps <= 512)) and
	(.latency_us | . == null or (.count > 0 and .min <= .p50 and .p50 <= .p99 and .p99 <= .max))' \
	'.results[0].throughput | . != null and .offered_pps > 850 and .pps > 400' \
	--rate 1800 --sizes 128 --loss 50% --precision 4% --no-loss-curve

say "loss grows with the rate, and the sizes come in turn"
measure_calmly '(.results | map(.size)) == [64, 512] and .mode == "rfc2544" and (.interrupted | not) and
	all(.results[]; (.frame_loss | length >= 3 and (map(.part)[0:3] == [1, 0.9, 0.8]) and
		all(.[]; .unsent <= .loss and .loss > 1 - 512 / .pps - 0.002) and
		([.[].pps] == ([.[].pps] | sort | reverse))))' \
	'all(.results[]; .frame_loss[-1].loss < 0.5)' \
	--rate 3000 --sizes 64,512 --loss 20% --precision 25%

say "a path that loses everything has no throughput"
ovs-ofctl -O OpenFlow13 del-flows $sw
measure '.results[0] | .throughput == null and .frame_loss[0].loss == 1' --rate 500 --sizes 64 --precision 50%

says '^  throughput  none' weft-bench rfc2544 --no-huge --tx af_packet:eth0,netns=c1 --rx af_packet:eth0,netns=c2 \
	--rate 500 --seconds 1 --sizes 64 --precision 50% --drain 100 --no-loss-curve

say "what is wrong is named"
r="weft-bench rfc2544 --no-huge --tx af_packet:eth0,netns=c1 --rx af_packet:eth0,netns=c2"
refused '^weft-bench: --loss:' $r --loss 2
refused '^weft-bench: --sizes:' $r --sizes 63
refused '^weft-bench: --precision: 0.01% is the finest' $r --precision 0
refused "seconds: '0'" $r --seconds 0
