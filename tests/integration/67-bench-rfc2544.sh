#!/bin/bash
# weft-bench rfc2544 finds the rate of a known bottleneck: a meter of 2,000 packets a second.  What is
# compared are rates, with a wide margin.  The meter's burst, most of a second, lets a trial pass in
# which a busy machine did not run the switch for a while; with it a trial of 3 s passes 2,500 a second.
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
ovs-ofctl -O OpenFlow13 add-meter $sw meter=1,pktps,burst,bands=type=drop,rate=2000,burst_size=1500
ovs-ofctl -O OpenFlow13 add-flow $sw in_port=1,actions=meter:1,output:2
measure() { # CHECK OPTION...
	local check=$1
	shift
	weft-bench rfc2544 --no-huge --json --drain 300 --tx af_packet:eth0,netns=c1 --rx af_packet:eth0,netns=c2 "$@" >"$tmp/result"
	jq -e "$check" <"$tmp/result" >/dev/null || fail "$*: $(cat "$tmp/result")"
}

say "the search converges"
measure '.results[0] | .size == 128 and .max_pps == 8000 and .trials >= 5 and .frame_loss == [] and
	(.throughput | .loss <= 0.05 and .offered_pps > 1400 and .offered_pps < 3300 and .pps > 1300 and .pps < 3300) and
	(.latency_us | .count > 0 and .min <= .p50 and .p50 <= .p99 and .p99 <= .max)' \
	--rate 8000 --seconds 3 --sizes 128 --loss 5% --precision 4% --no-loss-curve

say "loss grows with the rate, and the sizes come in turn"
ovs-ofctl -O OpenFlow13 mod-meter $sw meter=1,pktps,burst,bands=type=drop,rate=1000,burst_size=100
measure '(.results | map(.size)) == [64, 512] and .mode == "rfc2544" and (.interrupted | not) and
	all(.results[]; (.frame_loss | length >= 3 and (map(.part)[0:3] == [1, 0.9, 0.8]) and
		.[0].loss > 0.5 and .[0].loss >= .[-1].loss and all(.[]; .unsent <= .loss) and
		([.[].pps] == ([.[].pps] | sort | reverse))))' \
	--rate 6000 --seconds 1 --sizes 64,512 --loss 20% --precision 25%

say "a path that loses everything has no throughput"
ovs-ofctl -O OpenFlow13 del-flows $sw
measure '.results[0] | .throughput == null and .frame_loss[0].loss == 1' --rate 500 --seconds 1 --sizes 64 --precision 50%

says '^  throughput  none' weft-bench rfc2544 --no-huge --tx af_packet:eth0,netns=c1 --rx af_packet:eth0,netns=c2 \
	--rate 500 --seconds 1 --sizes 64 --precision 50% --drain 100 --no-loss-curve

say "what is wrong is named"
r="weft-bench rfc2544 --no-huge --tx af_packet:eth0,netns=c1 --rx af_packet:eth0,netns=c2"
refused '^weft-bench: --loss:' $r --loss 2
refused '^weft-bench: --sizes:' $r --sizes 63
refused '^weft-bench: --precision: 0.01% is the finest' $r --precision 0
refused "seconds: '0'" $r --seconds 0
