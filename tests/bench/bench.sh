#!/bin/bash
# `make bench`: what Weft costs on this machine, beside what it is compared with, in the same run.
#
#   rate      packets a second through one rule, and cycles for each (weft-bench)
#   pipeline  the switch's core alone
#   ovs       one rule between two ports of a DPDK driver, Weft and Open vSwitch in turn; only if
#             BENCH_PLUGIN names such a driver, see below
#   tcp       container to container, against a Linux bridge and a bare veth
#   attach    from the attach call to acknowledged flows, with 1,000 ports there
#   flows     flow-mods a second, a million flows: added, told, deleted, while packets run
#   idle      processor time of a switch without traffic
#
# Arguments pick sections.  Numbers of two runs on a shared machine differ by a fifth: compare what was
# measured in turn.  For `ovs`: BENCH_PLUGIN=driver.so, BENCH_FROM and BENCH_TO the devargs of its ports,
# BENCH_MEASURE a command that starts the traffic and prints the rate.
limit=1800
sections=${*:-rate pipeline flows ovs tcp attach idle}
export BENCH_SECTIONS=$sections
. "$(dirname "$0")/../integration/lib.sh"
sections=$BENCH_SECTIONS

title() { printf '\n%s\n' "$*"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
gbits() { awk -v b="$1" 'BEGIN { printf "%.2f", b / 1e9 }'; }

bench_rate() {
	title "Packet rate, one core, packets made and counted in the process"
	weft-bench --seconds 3 --flows 1,1000,100000
	weft-bench --seconds 3 --flows 1000 --size 1514
}

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

# -- ovs --

ovs_start() {
	export OVS_RUNDIR=$tmp/ovs OVS_LOGDIR=$tmp/ovs OVS_DBDIR=$tmp/ovs
	mkdir -p "$OVS_RUNDIR"
	ovsdb-tool create "$tmp/ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema
	ovsdb-server "$tmp/ovs/conf.db" --remote="punix:$tmp/ovs/db.sock" --pidfile --detach \
		--log-file -vconsole:off 2>>"$tmp/measure.log"
	ovs_vsctl --no-wait init
	ovs_vsctl --no-wait set Open_vSwitch . other_config:dpdk-init=true \
		other_config:dpdk-lcore-mask=0x1 other_config:pmd-cpu-mask=0x2 \
		other_config:dpdk-extra="--no-pci --file-prefix=bench-ovs -d $BENCH_PLUGIN"
	/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk "unix:$tmp/ovs/db.sock" \
		--pidfile="$tmp/ovs/vswitchd.pid" --detach --log-file -vconsole:off 2>>"$tmp/measure.log"
	ovs_vsctl add-br br0 -- set bridge br0 datapath_type=netdev fail-mode=secure
	ovs_vsctl add-port br0 a -- set Interface a type=dpdk ofport_request=1 \
		"options:dpdk-devargs=\"$BENCH_FROM\"" -- \
		add-port br0 b -- set Interface b type=dpdk ofport_request=2 \
		"options:dpdk-devargs=\"$BENCH_TO\""
	ovs-ofctl add-flow br0 in_port=1,actions=output:2
}
ovs_vsctl() { ovs-vsctl --db="unix:$tmp/ovs/db.sock" "$@"; }
ovs_stop() { kill "$(cat "$tmp/ovs/vswitchd.pid")" "$(cat "$tmp/ovs/ovsdb-server.pid")"; sleep 1; }

weft_with_plugin() {
	weft-dataplane --socket "$tmp/plugin.sock" --listen "unix:$tmp/plugin-of.sock" --workers 1 \
		--eal "-d $BENCH_PLUGIN" >"$tmp/plugin.log" 2>&1 </dev/null &
	plugin_pid=$!
	wait_for 20 "the switch" weft --socket "$tmp/plugin.sock" switch info
	weft --socket "$tmp/plugin.sock" switch port add b --type dpdk --number 2 --option "devargs=$BENCH_TO" >/dev/null
	weft --socket "$tmp/plugin.sock" switch port add a --type dpdk --number 1 --option "devargs=$BENCH_FROM" >/dev/null
	ovs-ofctl --no-names -O OpenFlow13 add-flow "unix:$tmp/plugin-of.sock" in_port=1,actions=output:2
}

bench_ovs() {
	local round
	if [ -z "${BENCH_PLUGIN:-}" ]; then
		title "Open vSwitch: not compared, BENCH_PLUGIN names no driver"
		return
	fi
	title "One rule between two ports of $(basename "$BENCH_PLUGIN"), in turn"
	for round in 1 2 3; do
		weft_with_plugin
		echo "weft-dataplane: $(bash -c "$BENCH_MEASURE" 2>>"$tmp/measure.log")"
		stop "$plugin_pid" TERM
		ovs_start
		echo "Open vSwitch:   $(bash -c "$BENCH_MEASURE" 2>>"$tmp/measure.log")"
		ovs_stop
		rm -rf "$tmp/ovs"
	done
}

case " $sections " in *" tcp "* | *" attach "* | *" idle "*) start_both ;; esac
for s in $sections; do [[ $s = rate || $s = pipeline || $s = flows || $s = ovs ]] || "bench_$s"; done
# Spinning workers last, and with nothing else running.
[ -z "$dataplane_pid" ] || stop "$dataplane_pid" TERM
[ -z "$controller_pid" ] || stop "$controller_pid" TERM
for s in $sections; do [[ $s = rate || $s = pipeline || $s = flows || $s = ovs ]] && "bench_$s"; done
exit 0
