#!/bin/bash
# `make bench`: what Weft costs on this machine, beside what it is compared with, in the same run.
#
#   table     rule sets and flow counts, frame sizes, workers: Weft, Open vSwitch with DPDK and
#             testpmd in turn, between two ports that make and count packets in the process
#   ovs       the table's first row alone
#   pipeline  the switch's core alone
#   flows     flow-mods a second, a million flows: added, told, deleted, while packets run
#   tcp       container to container, against a Linux bridge and a bare veth
#   attach    from the attach call to acknowledged flows, with 1,000 ports there
#   groups    from a changed rule, member or address to acknowledged flows
#   idle      processor time of a switch without traffic
#
# Arguments pick sections.  QUICK=1 is the table alone, in two minutes; CELLS=acl1k:10k,vnet,sizes
# picks some of it; PRIORITY=1 gives its workers real-time priority, for machines that others use.
# FLOW_CACHE=off runs the table with Weft's cache of flows switched off.
# Numbers of two runs on a shared machine differ by a fifth: compare what was measured in turn.
limit=3600
whole="table pipeline flows tcp attach groups idle"
[ -z "${QUICK:-}${CELLS:-}" ] || whole=table
sections=${*:-$whole}
export BENCH_SECTIONS=$sections
. "$(dirname "$0")/../integration/lib.sh"
sections=$BENCH_SECTIONS

title() { printf '\n%s\n' "$*"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
gbits() { awk -v b="$1" 'BEGIN { printf "%.2f", b / 1e9 }'; }

bench_table() { # CELLS
	"$root/tests/bench/table.py" --build "$build" --folder "$tmp" \
		--results "${RESULTS:-$root/bench-results}" --cells "${1:-${CELLS:-}}" \
		${QUICK:+--quick} ${PRIORITY:+--priority} ${FLOW_CACHE:+--flow-cache "$FLOW_CACHE"}
}

bench_ovs() { bench_table one; }

bench_pipeline() {
	local program=$build/tests/bench/pipeline_bench
	[ -x "$program" ] || return 0
	title "The core alone: parse, look up, act"
	"$program"
}

bench_flows() {
	title "Flows changed over OpenFlow while packets run"
	bench-flows
}

bench_attach() {
	local program=$build/bin/bench-attach
	[ -x "$program" ] || return 0
	title "From the attach call to acknowledged flows"
	# a thousand taps of one kernel must not greet each other by IPv6
	sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	"$program"
	sysctl -qw net.ipv6.conf.default.disable_ipv6=0
}

bench_groups() {
	title "From a changed rule, member or address of a security group to acknowledged flows"
	"$build/tests/bench/groups_bench"
}

# -- tcp --

tcp_bits() { # FROM TO ADDRESS
	ip netns exec "$2" iperf3 -s -1 >/dev/null 2>&1 </dev/null &
	wait_for 5 "iperf3" bash -c "ip netns exec $2 ss -Hltn 'sport = :5201' | grep -q ."
	ct_exec "$1" iperf3 -c "$3" -t 3 -J | jq '.end.sum_received.bits_per_second | floor'
}

bench_tcp() {
	local round kind
	title "TCP from container to container, default offloads, Gbit/s (median of 5 rounds in turn)"
	for kind in veth bridge; do ct_start a-$kind; ct_start b-$kind; done
	ip -n a-veth link add eth0 type veth peer name eth0 netns b-veth
	ip link add br0 type bridge && ip link set br0 up
	for c in a b; do
		ip link add $c-br type veth peer name eth0 netns $c-bridge
		ip link set $c-br master br0 up
	done
	for kind in veth bridge; do
		ip -n a-$kind addr add 10.0.0.1/24 dev eth0 && ip -n a-$kind link set eth0 up
		ip -n b-$kind addr add 10.0.0.2/24 dev eth0 && ip -n b-$kind link set eth0 up
	done
	weft project create bench >/dev/null && weft network create net --project bench --subnet 10.0.0.0/24 >/dev/null
	container bench net a-weft --ip 10.0.0.1
	container bench net b-weft --ip 10.0.0.2
	for round in 1 2 3 4 5; do
		for kind in weft bridge veth; do
			tcp_bits a-$kind b-$kind 10.0.0.2 >>"$tmp/tcp-$kind"
		done
	done
	for kind in weft bridge veth; do
		printf '%-32s %8s\n' $kind "$(gbits "$(median <"$tmp/tcp-$kind")")"
	done
	awk -v w="$(median <"$tmp/tcp-weft")" -v b="$(median <"$tmp/tcp-bridge")" \
		'BEGIN { printf "%-32s %8.2f  (to be at least 0.70)\n", "weft / bridge", w / b }'
	for c in a b; do ct_stop $c-weft; ct_stop $c-veth; ct_stop $c-bridge; done
}

# -- idle --

cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$dataplane_pid/stat"; }

bench_idle() {
	local before after
	title "A switch without traffic (two containers attached)"
	weft project create idle >/dev/null && weft network create net --project idle --subnet 10.0.0.0/24 >/dev/null
	container idle net i1
	container idle net i2
	sleep 2
	before=$(cpu_ticks)
	sleep 10
	after=$(cpu_ticks)
	awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" \
		'BEGIN { printf "%-32s %8.2f %% of a core  (to be under 2)\n", "weft-dataplane", 100 * t / hz / 10 }'
}

case " $sections " in *" tcp "* | *" attach "* | *" idle "*) start_both ;; esac
spins() { [[ $1 = table || $1 = ovs || $1 = pipeline || $1 = flows ]]; }
for s in $sections; do spins "$s" || "bench_$s"; done
# Spinning workers last, and with nothing else running.
[ -z "$dataplane_pid" ] || stop "$dataplane_pid" TERM
[ -z "$controller_pid" ] || stop "$controller_pid" TERM
for s in $sections; do ! spins "$s" || "bench_$s"; done
exit 0
