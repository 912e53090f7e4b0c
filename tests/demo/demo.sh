#!/bin/bash
# The demonstration: two tenants with the same addresses on one host, four containers and a real
# virtual machine, and the proof of what works and what must not.  `make demo` runs it.
#
# It needs root, uses a private folder and free ports, and names everything weft-*.  It ends with a
# summary, exits non-zero if anything was not as promised, and removes what it made, also on
# Ctrl-C.  KEEP=1 leaves it running and tells how to look around and how to stop it.

set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build}
[[ $build = /* ]] || build=$root/$build
guest_dir=${GUEST_DIR:-$root/build/guest}
keep=${KEEP:-}
bin=$build/bin
[ -t 1 ] && bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' off=$'\e[0m' ||
	bold='' green='' red='' dim='' off=''

die() { echo "demo: $*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || die "this makes network namespaces and taps: run it as root (sudo make demo)"
[ -c /dev/net/tun ] || die "/dev/net/tun is missing: load the kernel's tun module (modprobe tun)"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/weft-demo.XXXXXX")
. "$root/tests/guest/guest.sh"

step_number=0
kept=() broken=()
daemon_pids=()
started=$SECONDS

step() { # TITLE WHAT-IT-PROVES
	step_number=$((step_number + 1))
	printf '\n%s%d. %s%s\n%s   proves: %s%s\n' "$bold" $step_number "$1" "$off" "$dim" "$2" "$off"
}
say() { printf '   %s\n' "$*"; }
show() { sed 's/^/   | /'; }

# A promise: COMMAND must succeed.
promise() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@" >"$tmp/promise.log" 2>&1; then
		kept+=("$what")
		printf '   %sok%s      %s\n' "$green" "$off" "$what"
	else
		broken+=("$what")
		printf '   %sFAILED%s  %s\n' "$red" "$off" "$what"
		tail -n 8 "$tmp/promise.log" | show
	fi
}
not() { ! "$@"; }

# Without this, nothing that follows makes sense.
must() { # WHAT COMMAND...
	promise "$@"
	[ ${#broken[@]} -eq 0 ] && return
	say "The daemons' last words:"
	tail -n 5 "$tmp"/controller.log "$tmp"/dataplane.log | show
	summary
	exit 1
}

# Ten times the SECONDS of a quiet machine, for a busy one.
wait_for() { # SECONDS COMMAND...
	local until=$((SECONDS + 10 * $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

# The first port from START on that nobody listens on.
free_port() { # START
	local port=$1
	while ss -Hltn "sport = :$port" | grep -q .; do port=$((port + 1)); done
	echo "$port"
}

stop_everything() {
	local pid
	guests_stop
	for pid in ${daemon_pids[@]+"${daemon_pids[@]}"}; do kill "$pid" 2>/dev/null; done
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null; done # started when we were interrupted
	for pid in ${daemon_pids[@]+"${daemon_pids[@]}"}; do wait "$pid" 2>/dev/null; done
	rm -rf "$tmp"
}

cleanup() {
	local status=$?
	trap - EXIT INT TERM
	[ "${1:-}" != interrupted ] || status=130
	[ $status -ne 130 ] || printf '\n   interrupted: cleaning up\n'
	stop_everything
	exit $status
}
trap cleanup EXIT
trap 'cleanup interrupted' INT TERM

summary() {
	local b
	printf '\n%sSummary%s, after %d s\n' "$bold" "$off" $((SECONDS - started))
	say "${#kept[@]} promises kept, ${#broken[@]} broken"
	for b in ${broken[@]+"${broken[@]}"}; do say "${red}broken:${off} $b"; done
}

# The networks here are our own: no proxy leads there.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY

weft() { "$bin/weft" "$@"; }
switch() { weft switch "$@"; }

# -- what the steps use --

start_daemons() {
	local openflow grpc rest
	openflow=$(free_port 6653) grpc=$(free_port 50051) rest=$(free_port 8080)
	export WEFT_SERVER=127.0.0.1:$grpc WEFT_SOCKET=$tmp/dataplane.sock
	rest_url=http://127.0.0.1:$rest
	"$bin/weft-controller" --store "sqlite:$tmp/weft.db" --openflow "tcp:127.0.0.1:$openflow" \
		--grpc "127.0.0.1:$grpc" --rest "127.0.0.1:$rest" \
		>"$tmp/controller.log" 2>&1 </dev/null &
	daemon_pids+=($!)
	"$bin/weft-dataplane" --socket "$WEFT_SOCKET" --listen "unix:$tmp/openflow.sock" \
		--controller "tcp:127.0.0.1:$openflow" >"$tmp/dataplane.log" 2>&1 </dev/null &
	daemon_pids+=($!)
}
daemons_run() { kill -0 "${daemon_pids[@]}"; }
host_is_connected() { weft host list -o json | grep -q '"CONNECTED"'; }
host() { weft host list -o json | jq -r '.[0].name' | sed 's|.*/||'; }

make_tenant() { # PROJECT NETWORK
	weft project create "$1" && weft network create "$2" --project "$1" --subnet 10.0.0.0/24
}

port_field() { weft port get "$2" --project "$1" -o json | jq -r "$3"; } # PROJECT PORT JQ
port_is_active() { [ "$(port_field "$1" "$2" .state)" = ACTIVE ]; }

container() { # PROJECT NETWORK NAME ADDRESS
	local ns=weft-$1-$3
	ct_start "$ns" || return 1
	weft port create "$3" --project "$1" --network "$2" --ip "$4" &&
		weft port attach "$3" --project "$1" --kind tap --netns "$ns" --ifname eth0 &&
		wait_for 10 port_is_active "$1" "$3" &&
		ip -n "$ns" addr add "$4/24" dev eth0 && ip -n "$ns" link set eth0 up
}

# A page on a port, 80 unless told, that tells who serves it.
serve_page() { # PROJECT NAME [PORT]
	local www=$tmp/www-$1-$2
	mkdir -p "$www"
	echo "$2 of $1" >"$www/index.html"
	ct_exec "weft-$1-$2" busybox httpd -p "${3:-80}" -h "$www"
}
page_is() { # FROM-NAMESPACE ADDRESS TEXT
	[ "$(ct_exec "$1" curl -s -m 3 "http://$2/")" = "$3" ]
}
ping_ct() { ct_exec "$1" busybox ping -c 2 -i 0.2 -W 20 "$2"; }
nothing_from() { not ct_exec "$1" busybox ping -c 2 -i 0.2 -W 2 "$2"; }

start_guest() {
	local socket mac
	weft port create vm --project acme --network blue --ip 10.0.0.30 &&
		weft port attach vm --project acme --kind vhost-user --memory 192M || return 1
	socket=$(port_field acme vm .binding.socketPath)
	mac=$(port_field acme vm .macAddress)
	guest_start vm $(guest_vhost_args "$socket" "$mac")
}
guest_ready() {
	guest_wait vm && guest_exec vm 'ip addr add 10.0.0.30/24 dev eth0 && ip link set eth0 up' &&
		wait_for 10 guest_exec vm 'ping -c 1 -W 1 10.0.0.10'
}

# Prints Mbit/s; the client is in a container or in the guest.
gbits() { awk -v bits="$1" 'BEGIN { printf "%.2f Gbit/s", bits / 1e9 }'; }
iperf_bits() { jq -r '.end.sum_received.bits_per_second // 0 | floor'; }
iperf_between() { # CLIENT-NS SERVER-NS ADDRESS
	ip netns exec "$2" iperf3 -s -1 >/dev/null 2>&1 </dev/null &
	wait_for 5 listens_on "$2" 5201
	ct_exec "$1" timeout 200 iperf3 -c "$3" -t 2 -J | iperf_bits
}
iperf_from_guest() { # SERVER-NS ADDRESS
	ip netns exec "$1" iperf3 -s -1 >/dev/null 2>&1 </dev/null &
	wait_for 5 listens_on "$1" 5201
	guest_exec vm -t 200 "iperf3 -c $2 -t 2 -J" | iperf_bits
}
listens_on() { ip netns exec "$1" ss -Hltn "sport = :$2" | grep -q .; }
# Bytes and frames that a port of acme has sent, and whether they were longer than the MTU since.
sent_by() { # PORT
	switch port stats -o json | jq -r --arg name "$(port_field acme "$1" .binding.switchPort)" \
		'.ports[] | select(.name == $name) | "\(.rxBytes) \(.rxPackets)"'
}
are_long() { # PORT BEFORE
	awk '{ n[NR] = $2; size[NR] = $1 } END { exit !(n[2] > n[1] && size[2] - size[1] > 1514 * (n[2] - n[1])) }' \
		<<<"$2"$'\n'"$(sent_by "$1")"
}
at_least() { [ "${1:-0}" -ge "$2" ]; }

security_group() { # of acme: web, which its ports may reach by HTTP only
	weft security-group create web --project acme &&
		weft security-group add-rule web --project acme --ingress --protocol tcp --ports 80 &&
		weft security-group add-rule web --project acme --egress &&
		weft port update web --project acme --security-group web
}

drops_of() { # PROJECT TEXT: the packets of drops whose line has TEXT
	weft drops --project "$1" -o json |
		jq -r --arg text "$2" '[.drops[]? | select(tostring | ascii_downcase | contains($text)) |
			.packets | tonumber] | add // 0'
}

# -- the steps --

printf '%sWeft: two isolated networks, containers and a virtual machine on this host%s\n' "$bold" "$off"
for ns in acme-web acme-db globex-web globex-db; do
	[ ! -e "/run/netns/weft-$ns" ] ||
		die "a namespace weft-$ns is there already, of another demo? Remove it: ip netns del weft-$ns"
done

step "Start the switch and the controller" "both daemons run on an ordinary machine, without huge pages or special hardware"
start_daemons
must "the controller answers" wait_for 20 weft project list
must "the switch has connected to it" wait_for 20 host_is_connected
must "both daemons run" daemons_run
switch info | show
say "state and logs are in $tmp"

step "Two tenants, each with a network 10.0.0.0/24" "tenants choose their addresses without asking each other"
must "project acme has network blue" make_tenant acme blue
must "project globex has network red" make_tenant globex red
weft subnet list --project acme --network blue | show
weft subnet list --project globex --network red | show

step "A virtual machine and four containers" "one call plugs a port and answers with all that QEMU or the container needs"
must "QEMU starts on the vhost-user socket of port vm in blue" start_guest
must "acme has container web, 10.0.0.10" container acme blue web 10.0.0.10
must "acme has container db, 10.0.0.20" container acme blue db 10.0.0.20
must "globex has container web, 10.0.0.10 too" container globex red web 10.0.0.10
must "globex has container db, 10.0.0.20 too" container globex red db 10.0.0.20
must "the virtual machine is up, 10.0.0.30" guest_ready
for p in acme globex; do weft port list --project $p | show; done

step "Inside a network everybody reaches everybody" "containers and virtual machines talk to each other at once"
promise "acme: web pings db" ping_ct weft-acme-web 10.0.0.20
promise "acme: web pings the virtual machine" ping_ct weft-acme-web 10.0.0.30
promise "acme: the virtual machine pings db" guest_exec vm 'ping -c 2 -W 20 10.0.0.20'
promise "globex: web pings db" ping_ct weft-globex-web 10.0.0.20

step "Between the tenants nothing passes, although the addresses are the same" "isolation does not depend on addresses"
serve_page acme web
serve_page globex web
promise "http://10.0.0.10/ from acme's db is acme's web" wait_for 5 page_is weft-acme-db 10.0.0.10 "web of acme"
promise "http://10.0.0.10/ from the virtual machine is acme's web" guest_exec vm 'wget -q -O - http://10.0.0.10/ | grep -q "web of acme"'
promise "http://10.0.0.10/ from globex's db is globex's web" wait_for 5 page_is weft-globex-db 10.0.0.10 "web of globex"
promise "globex's web does not reach acme's virtual machine, 10.0.0.30" nothing_from weft-globex-web 10.0.0.30
promise "globex's db does not reach acme's virtual machine, 10.0.0.30" nothing_from weft-globex-db 10.0.0.30

step "TCP with default offloads" "segmentation and checksum offloads pass through the switch end to end"
before=$(sent_by web)
ct=$(iperf_between weft-acme-web weft-acme-db 10.0.0.20)
say "container to container: ${bold}$(gbits "$ct")${off}"
promise "container to container: TCP arrives" at_least "$ct" 1
promise "container to container: in segments longer than the MTU" are_long web "$before"
before=$(sent_by vm)
vm=$(iperf_from_guest weft-acme-db 10.0.0.20)
say "virtual machine to container: ${bold}$(gbits "$vm")${off} ($guest_accel)"
promise "virtual machine to container: TCP arrives" at_least "$vm" 1
promise "virtual machine to container: in segments longer than the MTU" are_long vm "$before"

step "Security groups: who may reach whom" "rules count at once, and a refusal names the group and the rule that is nearest"
serve_page acme web 8080
promise "acme's db reaches web's port 8080 while both are in group default" wait_for 5 page_is weft-acme-db 10.0.0.10:8080 "web of acme"
promise "web gets a group that lets in port 80 only" security_group
weft security-group list-rules web --project acme | show
promise "db does not reach port 8080 any more" wait_for 5 not page_is weft-acme-db 10.0.0.10:8080 "web of acme"
promise "db reaches port 80" page_is weft-acme-db 10.0.0.10 "web of acme"
say "weft port explain db --project acme --to web tcp,tcp_dst=8080"
weft port explain db --project acme --to web tcp,tcp_dst=8080 >"$tmp/explained.txt" 2>&1
show <"$tmp/explained.txt"
promise "the refusal names group web and its rule for port 80" grep -qE '^is dropped: .*group web .*allows tcp 80' "$tmp/explained.txt"
say "weft switch conntrack list --proto tcp"
switch conntrack list --proto tcp | head -n 4 | show

step "The flow tables, as a person reads them" "every rule says for which resource it was made"
switch tables | show
weft flows "$(host)" >"$tmp/flows.txt"
awk '/^table/ { n = 0 } { if (n++ < 7) print; else if (n == 9) print "   ..." }' "$tmp/flows.txt" | show
say "$(grep -c ' made by ' "$tmp/flows.txt") flows in all: weft flows $(host)"
promise "a flow names port web of acme" grep -q projects/acme/ports/web "$tmp/flows.txt"

step "Why was a packet dropped?" "drops and traces speak of ports and networks, not of table numbers"
ip -n weft-acme-web addr add 10.0.0.99/32 dev eth0
promise "acme's web, with the stolen address 10.0.0.99, reaches nobody" not ct_exec weft-acme-web busybox ping -c 2 -W 1 -I 10.0.0.99 10.0.0.20
ip -n weft-acme-web addr del 10.0.0.99/32 dev eth0
weft drops --project acme | show
promise "weft drops counts it for port web" at_least "$(drops_of acme ports/web)" 1
vm_mac=$(port_field acme vm .macAddress)
packet="eth_dst=$vm_mac,eth_type=0x0800,ipv4_dst=10.0.0.30"
say "weft trace --project globex --port web '$packet'"
weft trace --project globex --port web "$packet" >"$tmp/trace.txt" 2>&1
show <"$tmp/trace.txt"
promise "weft trace tells that network red has nobody there" grep -qiE 'drop' "$tmp/trace.txt"

step "Packet rate" "one core, packets made and counted inside the process: what the switch itself costs"
promise "weft-bench runs" "$bin/weft-bench" --seconds 2
show <"$tmp/promise.log"

if [ -n "$keep" ] && [ ${#broken[@]} -eq 0 ]; then
	summary
	cat >"$tmp/stop" <<-STOP
		#!/bin/bash
		# Ends the demonstration that was kept.
		for ns in ${!ct_names[*]}; do
			for pid in \$(ip netns pids "\$ns" 2>/dev/null); do kill "\$pid" 2>/dev/null; done
			ip netns del "\$ns" 2>/dev/null
		done
		kill ${guest_pids[*]} ${daemon_pids[*]} 2>/dev/null
		rm -rf $tmp
	STOP
	chmod +x "$tmp/stop"
	cat <<-HOW

		${bold}Everything is still running.${off} Look around:
		   export PATH=$bin:\$PATH WEFT_SERVER=$WEFT_SERVER WEFT_SOCKET=$WEFT_SOCKET
		   weft port list --project acme            weft watch
		   weft switch port stats                   weft drops --project acme
		   ip netns exec weft-acme-web busybox ping 10.0.0.30
		   $root/tests/guest/agent-call $tmp/guest-vm/agent 10 'ip addr'      (a command in the virtual machine)
		   curl $rest_url/v1/projects/acme/ports    $rest_url/openapi.json
		Stop it:
		   $tmp/stop
	HOW
	trap - EXIT INT TERM
	disown -a
	exit 0
fi

step "Clean up" "nothing stays behind"
guests_stop
for pid in "${daemon_pids[@]}"; do kill "$pid"; wait "$pid" 2>/dev/null; done
promise "no namespace of the demonstration is left" not ls /run/netns/weft-acme-web /run/netns/weft-globex-web
daemon_pids=()
summary
[ ${#broken[@]} -eq 0 ]
