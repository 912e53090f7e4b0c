#!/bin/bash
# The commands in the documents do what the documents say.
. "$(dirname "$0")/lib.sh"

# The indented block behind the line that begins with HEADING.
block() { # FILE HEADING
	awk -v h="$2" 'index($0, h) == 1 { on = 1; next } on && /^#/ { exit } on && /^    / { sub(/^    /, ""); print }' "$root/$1"
}

# Run a block with curl told to fail when the server says no.
run_block() { # FILE HEADING
	block "$1" "$2" >"$tmp/block"
	[ -s "$tmp/block" ] || fail "no commands behind '$2' in $1"
	(set -e; curl() { command curl -sS --fail-with-body "$@"; echo; }; . "$tmp/block") >"$tmp/block.log" 2>&1 ||
		fail "$1, '$2': $(tail -n 3 "$tmp/block.log")"
}

say "every option of the daemons has its place in the man pages and the configuration"
for program in weft-dataplane weft-controller; do
	keys=$($program --help | sed -n 's/^ *\(-[a-z], \)\?--\([a-z-]*\) .*/\2/p' | grep -vxE 'help|version|config')
	[ "$(wc -w <<<"$keys")" -ge 5 ] || fail "$program --help tells only $keys"
	for key in $keys; do
		grep -qE "^#? ?$key = " "$root/configs/$program.conf" || fail "configs/$program.conf lacks $key"
		grep -q "^\.It Cm $key " "$root/docs/man/$program.conf.5" || fail "$program.conf(5) lacks $key"
		grep -qE "^\.It Fl -$key( |\$)" "$root/docs/man/$program.8" || fail "$program(8) lacks --$key"
	done
done
for verb in $(weft --help | sed -n 's/^  switch \([a-z]*\)  .*/\1/p'); do
	grep -qE "^\.It Cm switch .*\b$verb\b" "$root/docs/man/weft.1" || fail "weft(1) lacks switch $verb"
done

say "the time-outs of connections are those in the documents"
defaults=$(sed -n 's/^CT_TIMEOUT([A-Z_]*, "\([a-z-]*\)", \([0-9]*\), .*/\1 \2/p' "$root/dataplane/conntrack/timeouts.def")
[ "$(grep -c . <<<"$defaults")" = "$(grep -c '^CT_TIMEOUT(' "$root/dataplane/conntrack/timeouts.def")" ] ||
	fail "timeouts.def has a line that is not understood"
told=$(sed -n '/^## Time-outs/,/^## /s/^| `\([a-z-]*\)` | \([0-9,]*\) |.*/\1 \2/p' "$root/docs/connections.md" | tr -d ,)
[ "$told" = "$defaults" ] || fail "docs/connections.md, '## Time-outs': $(diff <(echo "$defaults") <(echo "$told") | grep '^[<>]' | head -3)"

start_controller
start_dataplane
wait_for 20 "the host to connect" host_is_connected

say "README: a virtual machine, a container, the API"
run_block README.md "## A virtual machine"
run_block README.md "## A container"
says '10.0.0.10/24' ip -n web addr show dev eth0
says 'vm1' weft port list --project acme
run_block README.md "## Who may reach whom"
wait_for 10 "the port to have its new group" \
	tells 'no ingress rule of group web allows tcp 22 from .*; the nearest.*allows tcp 80,443' \
	weft port explain vm1 --project acme --to web tcp,tcp_dst=22
for p in web vm1; do
	weft port detach $p --project acme >/dev/null
	weft port delete $p --project acme
done
weft security-group delete web --project acme
weft subnet delete blue-v4 --network blue --project acme
weft network delete blue --project acme
weft project delete acme
run_block README.md "## The API with curl"
says '"blue"|/blue' weft network get blue --project acme -o json
weft network delete blue --project acme
weft project delete acme

say "call-the-api: curl, as far as nothing is refused or endless"
ip netns del web
ct_start web
host=$(weft host list -o json | jq -r '.[0].name')
block docs/howto/call-the-api.md "## curl" | sed "s|infrastructure/hosts/node1|$host|; /refused/d; /curl -N/d" >"$tmp/block"
(set -e; curl() { command curl -sS --fail-with-body "$@"; echo; }; . "$tmp/block") >"$tmp/block.log" 2>&1 ||
	fail "call-the-api.md: $(tail -n 3 "$tmp/block.log")"
wait_for 10 "port web to be ACTIVE" port_is acme web ACTIVE
refused 'ports/web' curl -sS --fail-with-body -X DELETE localhost:8080/v1/projects/acme/networks/blue
watch_tells() { # PATTERN CURL-OPTION...
	local pattern=$1
	shift
	curl -sN "$@" 'localhost:8080/v1/watch?from_revision=0' >"$tmp/watch" 2>/dev/null </dev/null 9>&- &
	wait_for 10 "a watch to tell $pattern" grep "$pattern" "$tmp/watch"
	stop $! TERM
}
watch_tells '^{.*projects/acme/ports/web'
watch_tells '^data: .*projects/acme/ports/web' -H 'Accept: text/event-stream'

say "secure-a-network, in an editor that changes nothing"
export WEFT_PROJECT=acme EDITOR=true
secure=docs/howto/secure-a-network.md
cd "$tmp"
printf '192.0.2.7\n198.51.100.0/24\n' >scanners.txt
for heading in "# Secure" "## Open" "## Change" "## Name many" "## Rules above" "## Addresses" "## Limits"; do
	run_block $secure "$heading"
done
weft port attach www1 --kind tap --netns web --ifname eth1 >/dev/null
weft port attach db1 --kind tap --netns web --ifname eth2 >/dev/null
run_block $secure "## Why was it dropped?"
wait_for 10 "the refusal to be explained" \
	tells 'no ingress rule of group db allows tcp 5433 .*; the nearest.*tcp 5432' . "$tmp/block"
cd "$root"

say "read-drops-and-traces: the switch's own commands"
export WEFT_SOCKET=$socket
run_block docs/howto/read-drops-and-traces.md "## Below the API"
run_block docs/howto/watch-openflow.md "# Watch OpenFlow"
run_block README.md "## The switch by itself"
says '(->|<-) OFPT_' cat "$tmp/block.log"

say "any controller: a switch of its own, ovs-ofctl, learning, TLS"
stop "$dataplane_pid" TERM
stop "$controller_pid"
mkdir "$tmp/bin"
ln -s "$(command -v busybox)" "$tmp/bin/ping"
PATH=$tmp/bin:$PATH
export WEFT_SOCKET=/run/weft/dataplane.sock
drive=docs/howto/drive-the-switch-with-any-controller.md
ip netns del c1 2>/dev/null || true
run_block $drive "## A switch to try" 9>&-
run_block $drive "## ovs-ofctl"
says 'bucket 0, watches port 2' weft switch groups
says '1000 packets/s' weft switch meters
block $drive "## A controller that listens" | grep -v ^weft-dataplane >"$tmp/learn"
(set -e; . "$tmp/learn") >"$tmp/block.log" 2>&1 || fail "learning: $(tail -n 3 "$tmp/block.log")"
says 'actions=output:(1|2|p1|p2)' ovs-ofctl -O OpenFlow13 dump-flows tcp:127.0.0.1:6654 table=1
cd "$tmp"
run_block $drive "## TLS" 9>&-
says 'n_tables:254' grep n_tables "$tmp/block.log"
