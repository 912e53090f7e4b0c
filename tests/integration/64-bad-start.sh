#!/bin/bash
# What is wrong at start is said in one line with its remedy, and the program ends.
. "$(dirname "$0")/lib.sh"

# The program must end by itself, unhappily, with one line that says PATTERN.
refuses() { # PATTERN PROGRAM OPTION...
	local pattern=$1 said status=0
	shift
	said=$(timeout 200 "$@" 2>&1 >/dev/null </dev/null) || status=$?
	[ $status -ne 0 ] || fail "$* went on"
	[ $status -ne 124 ] || fail "$* did not end"
	[ $status -lt 126 ] || fail "$* crashed with status $status: $said"
	grep -qE -- "$pattern" <<<"$said" || fail "$* said '$said', not '$pattern'"
	[ "$(grep -cE 'error|weft-' <<<"$said")" -le 1 ] || fail "$* said more than one line: $said"
	say "$(tail -n 1 <<<"$said")"
}

say "command lines"
refuses '--lissten' weft-dataplane --lissten tcp:127.0.0.1:1
refuses '--strore' weft-controller --strore x
refuses 'workers' weft-dataplane --workers zero --socket "$socket"
refuses 'CPU 0 once' weft-dataplane --workers 0,0 --socket "$socket"
refuses 'listen' weft-dataplane --listen nonsense --socket "$socket"
refuses 'listen.*HOST:PORT or unix:PATH' weft-dataplane --listen udp:127.0.0.1:6654 --socket "$socket"
refuses 'missing/of.sock.*make its directory' weft-dataplane --listen "unix:$tmp/missing/of.sock" --socket "$socket"
refuses 'datapath' weft-dataplane --datapath-id xyz --socket "$socket"

say "configuration files"
printf 'listten = tcp:127.0.0.1:6654\n' >"$tmp/bad.conf"
refuses 'bad.conf:1' weft-dataplane -c "$tmp/bad.conf"
refuses 'bad.conf:1' weft-controller -c "$tmp/bad.conf"
refuses 'missing.conf' weft-controller -c "$tmp/missing.conf"

say "addresses in use"
start_both
refuses '6653|in use' weft-controller --store "sqlite:$tmp/other.db" --grpc 127.0.0.1:50052 --rest 127.0.0.1:8081
refuses '50051|in use' weft-controller --store "sqlite:$tmp/other.db" --openflow tcp:127.0.0.1:6655 --rest 127.0.0.1:8081
refuses '8080|in use' weft-controller --store "sqlite:$tmp/other.db" --openflow tcp:127.0.0.1:6655 --grpc 127.0.0.1:50052
refuses '6654|in use' weft-dataplane --socket "$tmp/other.sock" --listen tcp:127.0.0.1:6654
refuses 'dataplane.sock|in use' weft-dataplane --socket "$socket" --listen tcp:127.0.0.1:6656
says running echo running
kill -0 "$dataplane_pid" "$controller_pid" || fail "the running daemons were disturbed"

say "stores"
refuses 'nowhere' weft-controller --store "sqlite:$tmp/nowhere/weft.db" --openflow tcp:127.0.0.1:6655 --grpc 127.0.0.1:50052 --rest 127.0.0.1:8081
head -c 8192 /dev/urandom >"$tmp/noise.db"
refuses 'noise.db' weft-controller --store "sqlite:$tmp/noise.db" --openflow tcp:127.0.0.1:6655 --grpc 127.0.0.1:50052 --rest 127.0.0.1:8081
refuses 'store' weft-controller --store floppy:x --openflow tcp:127.0.0.1:6655 --grpc 127.0.0.1:50052 --rest 127.0.0.1:8081

say "EAL"
refuses 'eal|EAL' weft-dataplane --socket "$tmp/other.sock" --listen tcp:127.0.0.1:6656 --eal "--nonsense"

say "the command line tells who does not answer, and what to do"
refuses '127.0.0.1:1.*weft-controller' weft --server 127.0.0.1:1 project list
refuses 'nobody.sock.*weft-dataplane' weft --socket "$tmp/nobody.sock" switch info
