#!/bin/bash
# Daemons are killed in turn: nothing is wiped, what is in the tables forwards on, taps and their
# addresses survive, and both find together again.
#
#     c1 .1    c2 .2
#       |        |
#     ==+========+==  blue 10.0.0.0/24
limit=120
. "$(dirname "$0")/lib.sh"

start_both
weft project create acme
weft network create blue --project acme --subnet 10.0.0.0/24
container acme blue c1 --ip 10.0.0.1
container acme blue c2 --ip 10.0.0.2
reach c1 10.0.0.2

say "without the controller the switch forwards on, also for neighbours not seen before"
stop "$controller_pid"
ip -n c1 neigh flush dev eth0
ip -n c2 neigh flush dev eth0
reach c1 10.0.0.2

say "the controller comes back: all it acknowledged is there, and not one packet is lost"
# A flow's age tells whether it was wiped and written again.
oldest() { switch flows -o json | jq '[.flows[].ageNs] | min'; }
ping_all c1 10.0.0.2 150 0.02 >"$tmp/ping.log" 2>&1 &
ping_pid=$!
before=$(date +%s%N)
start_controller
wait_for 20 "the host to connect again" host_is_connected
wait_for 10 "port c1 to be ACTIVE" port_is acme c1 ACTIVE
wait $ping_pid || fail "packets were lost: $(cat "$tmp/ping.log")"
elapsed=$(($(date +%s%N) - before)) # taken first: ages go on while we ask
[ "$(oldest)" -ge $elapsed ] || fail "flows were written again although nothing changed"
says 'c1' weft port list --project acme

say "what was acknowledged a moment before a kill is there after it"
for i in 1 2 3; do
	weft port create p$i --project acme --network blue >/dev/null
	stop "$controller_pid"
	start_controller
	says "p$i" weft port get p$i --project acme
done
wait_for 20 "the host to connect again" host_is_connected

say "the switch is killed: the containers keep their interfaces and addresses"
stop "$dataplane_pid"
says '10.0.0.1/24' ip -n c1 addr show dev eth0

say "the switch comes back, and is told everything again"
start_dataplane
wait_for 20 "the host to connect again" host_is_connected
wait_for 20 "port c1 to be ACTIVE" port_is acme c1 ACTIVE
wait_for 20 "port c2 to be ACTIVE" port_is acme c2 ACTIVE
reach_soon c1 10.0.0.2

say "both at once"
stop "$dataplane_pid"
stop "$controller_pid"
start_both
wait_for 20 "port c1 to be ACTIVE" port_is acme c1 ACTIVE
reach_soon c1 10.0.0.2
reach_soon c2 10.0.0.1
