#!/bin/bash
# What a rule with `log` accepts, and what its ports are refused, is told by the command line, by
# REST and by IPFIX, whose messages a foreign dissector reads.
#
#	acme/blue 10.0.0.0/24:   web .1 (group web: tcp 22, logged)   app .2
limit=150
. "$(dirname "$0")/lib.sh"

log_has() { weft connection-log --project acme "${@:2}" | grep -Eq "$1"; }
tries() { ct_exec "$1" busybox nc -w 1 "$2" "$3" </dev/null >/dev/null 2>&1 || true; }

say "one group logs ssh"
dumpcap -q -P -i lo -f 'udp port 4739' -w "$tmp/ipfix.pcap" >>"$tmp/dumpcap-ipfix.log" 2>&1 </dev/null 9>&- &
ipfix_pid=$!
wait_for 20 "dumpcap to listen" test -s "$tmp/ipfix.pcap"
start_controller --ipfix-collector 127.0.0.1:4739 --ipfix-domain 77
start_dataplane
wait_for 20 "the host to connect" host_is_connected
weft project create acme >/dev/null
weft network create blue --project acme --subnet 10.0.0.0/24 >/dev/null
weft security-group create web --project acme >/dev/null
weft security-group add-rule web --project acme --id ssh --ingress --protocol tcp --ports 22 --log >/dev/null
weft security-group add-rule web --project acme --id out --egress >/dev/null
container acme blue web --security-group web
container acme blue app
curl -sN "http://127.0.0.1:8080/v1/projects/acme/connectionLog:watch" >"$tmp/stream.json" 2>&1 </dev/null 9>&- &
stream_pid=$!

say "a connection that is allowed, and one that is not"
try_both() {
	tries app 10.0.0.1 22
	tries app 10.0.0.1 23
	log_has 'ACCEPTED INGRESS projects/acme/ports/web: tcp 10\.0\.0\.2:[0-9]+ > 10\.0\.0\.1:22: .*rule ssh of' &&
		log_has 'REFUSED +INGRESS projects/acme/ports/web: tcp 10\.0\.0\.2:[0-9]+ > 10\.0\.0\.1:23: ' &&
		grep -q '"verdict":"ACCEPTED"' "$tmp/stream.json" && grep -q '"verdict":"REFUSED"' "$tmp/stream.json"
}
wait_for 30 "both to be logged" try_both
weft connection-log --project acme
stop "$stream_pid"

say "who asks for less is told less"
log_has 'REFUSED' --verdict accepted && fail "refused ones among the accepted"
log_has '.' --port app && fail "entries of a port whose group logs nothing"
[ "$(weft connection-log --project acme --recent 1 | wc -l)" = 1 ] || fail "more than one entry"
weft project create other >/dev/null
[ -z "$(weft connection-log --project other)" ] || fail "another project sees them"
refused 'recent' weft connection-log --recent 10001
refused 'projects/nobody' weft connection-log --project nobody

say "what was refused counts as dropped, though it was logged"
weft drops --project acme -o json | grep -q 'no ingress rule of group web allows' ||
	fail "$(weft drops --project acme -o json)"
says '^is dropped: .*no ingress rule of group web allows tcp 23' weft port explain app --project acme --to web tcp,tcp_dst=23
says '^passes: ' weft port explain app --project acme --to web tcp,tcp_dst=22

say "the collector is told the same"
ipfix() { # FILTER
	tshark -r "$tmp/ipfix.pcap" -d udp.port==4739,cflow -Y "$1" -T fields -e cflow.od_id \
		-e cflow.dstport -e cflow.srcaddr -e cflow.protocol 2>/dev/null
}
told() { ipfix 'cflow.version == 10 && cflow.dstport == 22' | grep -Eq '77	22	10\.0\.0\.2	6'; }
wait_for 20 "the collector to have the connection" told
[ -z "$(ipfix '_ws.malformed')" ] || fail "malformed IPFIX"
says '^weft_ipfix_messages_total\{result="sent"\} [1-9]' curl -sS 127.0.0.1:8080/metrics
stop "$ipfix_pid" INT

say "without log nothing more is told"
weft security-group remove-rule web ssh --project acme >/dev/null
entries() { weft connection-log --project acme --recent 10000 | wc -l; }
tells_nothing() {
	local n
	n=$(entries)
	tries app 10.0.0.1 24
	[ "$(entries)" = "$n" ]
}
wait_for 30 "the log to be silent" tells_nothing
