# What integration tests stand on.  A test is a file NN-name.sh that begins with
#
#	. "$(dirname "$0")/lib.sh"
#
# and from then on runs as root of a small world of its own: private network, mount and process
# namespaces, an empty /run, a temporary folder $tmp.  So it may use the default addresses and
# names, and when it ends, however it ends, the kernel removes all that it started.  Exit status 0
# is success; a failed command ends the test and shows the logs.  Set `limit` (seconds) before the
# line above for a test that needs more than the usual time.  Times are those of a quiet machine: a
# busy one is given more, and no test fails because it is slow.

if [ -z "${WEFT_TEST_WORLD:-}" ]; then
	exec timeout -k 5 $((10 * ${limit:-100})) unshare --net --mount --pid --fork --kill-child \
		env WEFT_TEST_WORLD=1 bash "$0" "$@" 3>&-
fi

set -Eeuo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$root/build}
[[ $build = /* ]] || build=$root/$build
guest_dir=${GUEST_DIR:-$root/build/guest}
bin=$build/bin
mount --make-rprivate /
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/weft /run/netns
ip link set lo up
# In memory, so that it goes with this world even if the time limit ends it.
mkdir -p "${TMPDIR:-/tmp}/weft-test"
mount -t tmpfs tmpfs "${TMPDIR:-/tmp}/weft-test"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/weft-test/XXXXXX")
export PYTHONDONTWRITEBYTECODE=1
export PATH=$bin:$PATH WEFT_SERVER=127.0.0.1:50051
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
. "$root/tests/guest/guest.sh"

socket=$tmp/dataplane.sock
dataplane_pid=
controller_pid=

# Failures are told also from within what wait_for keeps quiet.
exec 9>&2

say() { echo "-- $*"; }

fail() { # MESSAGE
	echo "FAILED: $*" >&9
	trap - ERR
	exit 1
}

finish() {
	local status=$? log
	set +e
	exec >&9 2>&9
	[ $status -ne 0 ] || end_capture || status=1
	if [ $status -ne 0 ]; then
		for log in "$tmp"/*.log "$tmp"/guest-*/*.log; do
			[ -s "$log" ] || continue
			echo "---- the end of ${log#"$tmp"/}"
			tail -n 15 "$log"
		done
	fi
	guests_stop
	rm -rf "$tmp"
	exit $status
}
trap finish EXIT
trap 'echo "FAILED: line ${BASH_LINENO[0]:-}/$LINENO of $(basename "$0"): $BASH_COMMAND" >&2' ERR

# Until COMMAND succeeds, at most ten times SECONDS; WHAT is for the message.
wait_for() { # SECONDS WHAT COMMAND...
	local until=$((SECONDS + 10 * $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || fail "waited in vain for: $what"
		sleep 0.05
	done
}

# The command must fail, and say PATTERN (extended regular expression) on either output.
refused() { # PATTERN COMMAND...
	local pattern=$1 said
	shift
	if said=$("$@" 2>&1 </dev/null); then
		fail "should have been refused: $* (it said: $said)"
	fi
	grep -qE -- "$pattern" <<<"$said" || fail "$* said '$said', not '$pattern'"
}

# The command must succeed, and say PATTERN.
says() { # PATTERN COMMAND...
	local pattern=$1 said
	shift
	said=$("$@" 2>&1 </dev/null) || fail "$* failed: $said"
	grep -qE -- "$pattern" <<<"$said" || fail "$* said '$said', not '$pattern'"
}

# The same as a question, for wait_for.
tells() { # PATTERN COMMAND...
	local pattern=$1 said
	shift
	said=$("$@" 2>&1 </dev/null) && grep -qE -- "$pattern" <<<"$said"
}

switch() { weft --socket "$socket" switch "$@"; }

# Daemons.  More options may follow; the last value of an option counts, except that each
# --controller is one more and "none" takes all.  Without huge pages: who else on this machine takes
# the last one while the switch starts is no business of a test.
start_dataplane() { # OPTION...
	start_capture
	weft-dataplane --socket "$socket" --controller tcp:127.0.0.1:6653 --listen tcp:127.0.0.1:6654 \
		--eal --no-huge "$@" >>"$tmp/dataplane.log" 2>&1 </dev/null 9>&- &
	dataplane_pid=$!
	wait_for 20 "the dataplane's management socket" dataplane_answers
}

dataplane_answers() {
	kill -0 "$dataplane_pid" 2>/dev/null || fail "weft-dataplane ended"
	switch info
}

start_controller() { # OPTION...
	weft-controller --store "sqlite:$tmp/weft.db" "$@" >>"$tmp/controller.log" 2>&1 </dev/null 9>&- &
	controller_pid=$!
	wait_for 20 "the controller's API" controller_answers
}

controller_answers() {
	kill -0 "$controller_pid" 2>/dev/null || fail "weft-controller ended"
	weft project list
}

# kill -9, or another signal; returns when the process is gone.
stop() { # PID [SIGNAL]
	kill "-${2:-KILL}" "$1" 2>/dev/null || return 0
	wait "$1" 2>/dev/null || true
}

start_both() {
	start_controller
	start_dataplane
	wait_for 20 "the host to connect" host_is_connected
}

host_is_connected() { weft host list -o json | jq -e '.[] | select(.state == "CONNECTED")'; }

# A container NAME with a tap port of PROJECT/NETWORK; its address is set as the API told it.
container() { # PROJECT NETWORK NAME [PORT-CREATE-OPTION...]
	local project=$1 network=$2 name=$3
	shift 3
	ct_start "$name"
	weft port create "$name" --project "$project" --network "$network" "$@" >/dev/null
	weft port attach "$name" --project "$project" --kind tap --netns "$name" --ifname eth0 >/dev/null
	wait_for 10 "port $name to be ACTIVE" port_is "$project" "$name" ACTIVE
	container_address "$project" "$name"
}

port_json() { weft port get "$2" --project "$1" -o json; }
port_is() { [ "$(port_json "$1" "$2" | jq -r .state)" = "$3" ]; }

# Addresses are given by the operator of the container: those that the API assigned.
container_address() { # PROJECT NAME
	local address prefix
	for address in $(port_json "$1" "$2" | jq -r '.ipAddresses[]?.address'); do
		prefix=24
		[[ $address = *:* ]] && prefix=64
		ip -n "$2" addr replace "$address/$prefix" dev eth0 nodad 2>/dev/null ||
			ip -n "$2" addr replace "$address/$prefix" dev eth0
	done
	ip -n "$2" link set eth0 up
}

reach() { ct_exec "$1" busybox ping -c 1 -W 20 "$2" >/dev/null; }
# So many echo requests, seconds apart, of which each must be answered.
ping_all() { # FROM ADDRESS COUNT INTERVAL
	ip netns exec "$1" python3 "$root/tests/integration/ping.py" "$2" "$3" "$4"
}
reach_soon() { wait_for 10 "$1 to reach $2" ct_exec "$1" busybox ping -c 1 -W 1 "$2"; }
no_reach() { # FROM ADDRESS: three tries, none may be answered
	if ct_exec "$1" busybox ping -c 3 -i 0.2 -W 1 "$2" >/dev/null; then
		fail "$1 reaches $2 and must not"
	fi
}

# Raw frames: `hear NAME MARK` begins to listen on a container's eth0, `heard NAME MARK` tells how
# many frames contained MARK since, `shout NAME COUNT FRAME` sends one.
hear() { # NAME MARK
	local file=$tmp/heard-$1-$2
	rm -f "$file"
	ip netns exec "$1" python3 "$root/tests/integration/frame.py" listen eth0 "$2" "$file" \
		>>"$tmp/frame.log" 2>&1 </dev/null &
	wait_for 5 "the listener in $1" test -s "$file"
}
heard() { echo $(($(wc -l <"$tmp/heard-$1-$2") - 1)); } # NAME MARK
heard_at_least() { [ "$(heard "$1" "$2")" -ge "$3" ]; }  # NAME MARK COUNT
shout() { ct_exec "$1" python3 "$root/tests/integration/frame.py" send eth0 "$2" "$3"; }
mac_of() { port_json "$1" "$2" | jq -r .macAddress; }      # PROJECT NAME
hex_of_mac() { tr -d : <<<"$1"; }
hex_of_ip() { printf '%02x%02x%02x%02x' ${1//./ }; }

# OpenFlow on the loopback, in every test that starts a dataplane, is judged by a foreign dissector
# when the test has gone well: no message may be malformed.  A test that sends malformed ones itself
# sets `capture=no` before it includes this file.  `WEFT_CAPTURE=FILE` keeps what was captured.
capture_pid=
start_capture() {
	[ -z "$capture_pid" ] && [ "${capture:-yes}" = yes ] || return 0
	dumpcap -q -P -i lo -f 'tcp portrange 6633-6654' -B 64 -a filesize:65536 -w "$tmp/openflow.pcap" \
		>>"$tmp/dumpcap.log" 2>&1 </dev/null 9>&- &
	capture_pid=$!
	wait_for 10 "dumpcap to listen" test -s "$tmp/openflow.pcap"
}

end_capture() {
	[ -n "$capture_pid" ] || return 0
	stop "$capture_pid" INT
	[ -z "${WEFT_CAPTURE:-}" ] || cp "$tmp/openflow.pcap" "$WEFT_CAPTURE"
	/usr/bin/python3 "$root/tests/integration/malformed.py" "$tmp/openflow.pcap"
}
