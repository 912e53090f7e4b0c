#!/bin/bash
# The controller drives an Open vSwitch of somebody else (userspace datapath): ports plugged there
# with external_ids:iface-id are found, served, and forgotten.
#
#      acme/blue 10.0.0.0/24, fd00::/64      globex/red 10.0.0.0/24, fd00::/64
#      a1 .1    a2 .2    a3 .3               r1 .1    r2 .2
#       |        |        |                   |        |
#     ==+========+========+==  Open vSwitch  ==+========+==
limit=120
. "$(dirname "$0")/lib.sh"

. "$root/tests/integration/ovs.sh"

start_world ovs
for tenant in "acme blue" "globex red"; do
	set -- $tenant
	weft project create "$1" >/dev/null
	weft network create "$2" --project "$1" --subnet 10.0.0.0/24 --subnet6 fd00::/64 >/dev/null
done
for n in 1 2 3; do
	external_container acme blue a$n projects/acme/ports/a$n --ip 10.0.0.$n --ip fd00::$n
done
for n in 1 2; do
	external_container globex red r$n projects/globex/ports/r$n --ip 10.0.0.$n --ip fd00::$n
done
says '"EXTERNAL"' weft port get a1 --project acme -o json

say "inside a network, IPv4 and IPv6"
reach_soon a1 10.0.0.2
reach a1 10.0.0.3
reach a2 fd00::3
reach r1 10.0.0.2
reach r2 fd00::1

say "between the tenants: what only acme has is not there"
no_reach r1 10.0.0.3
no_reach r2 fd00::3

say "ARP and neighbour solicitations are answered by the switch: the neighbour is found, and hears nothing"
neighbour() { ip -n "$1" neigh show "$2" dev eth0 | grep -qi "$3"; } # NAME ADDRESS MAC
hear a3 "$(hex_of_mac "$(mac_of acme a1)")08060001"
for c in a1 a2; do ip -n $c neigh flush dev eth0; done
ip -n a3 link set eth0 arp off # it would not answer
reach a1 10.0.0.2
a3_is_found() {
	ct_exec a1 busybox ping -c 1 -W 1 10.0.0.3 || true # a3 itself does not answer
	neighbour a1 10.0.0.3 "$(mac_of acme a3)"
}
wait_for 10 "a1 to know a3" a3_is_found
[ "$(heard a3 "$(hex_of_mac "$(mac_of acme a1)")08060001")" = 0 ] || fail "a3 heard an ARP request"
reach a1 fd00::2
neighbour a1 fd00::2 "$(mac_of acme a2)" || fail "a1 does not know a2: $(ip -6 -n a1 neigh)"
ip -n a3 link set eth0 arp on

say "what is sent under a false address is dropped, and told as port a1's"
ip -n a1 addr add 10.0.0.77/24 dev eth0
if ct_exec a1 busybox ping -c 2 -W 1 -I 10.0.0.77 10.0.0.2 >/dev/null; then
	fail "a1 reaches a2 with a foreign address"
fi
ip -n a1 addr del 10.0.0.77/24 dev eth0
# Open vSwitch counts with a second's delay.
drop_is_told() { weft drops --project acme | grep projects/acme/ports/a1; }
wait_for 10 "the drop to be counted" drop_is_told

say "the controller restarts: nothing is written again, and not one packet is lost"
sent() { curl -sf http://127.0.0.1:8080/metrics | awk '$1 == "weft_flow_mods_total" { print $2 }'; }
ping_all a1 10.0.0.2 150 0.02 >"$tmp/ping.log" 2>&1 &
ping_pid=$!
stop "$controller_pid"
start_controller
wait_for 20 "the host to connect again" host_is_connected
wait_for 10 "port a1 to be ACTIVE" port_is acme a1 ACTIVE
wait $ping_pid || fail "packets were lost: $(cat "$tmp/ping.log")"
[ "$(sent)" = 0 ] || fail "$(sent) flows were written again although nothing changed"

say "flows that somebody else deletes come back"
ofctl del-flows "unix:$tmp/br0.mgmt" table=30
reach_soon a1 10.0.0.2

say "a port that is unplugged is out"
vsctl del-port br0 v-a3
wait_for 10 "port a3 to be DOWN" port_is acme a3 DOWN
ip -n a1 neigh flush dev eth0
no_reach a1 10.0.0.3
reach a1 10.0.0.2

say "an attachment is refused in words"
weft port create late --project acme --network blue >/dev/null
refused 'external_ids:iface-id' weft port attach late --project acme --host ovs1 --kind tap
