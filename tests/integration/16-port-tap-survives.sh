#!/bin/bash
# A container's tap keeps its addresses when the switch is killed, and works on when it is back.
# Deleting the port deletes the interface.  A container that goes takes nothing down with it.
. "$(dirname "$0")/lib.sh"

flows=tcp:127.0.0.1:6654
plug() { # NUMBER NAME
	switch port add "$2" --type tap --number "$1" --option "netns=$2" --option ifname=eth0 >/dev/null
}
connect() {
	ovs-ofctl -O OpenFlow13 add-flow $flows in_port=1,actions=output:2
	ovs-ofctl -O OpenFlow13 add-flow $flows in_port=2,actions=output:1
}
is_down() { switch port list -o json | jq -e ".ports[] | select(.name == \"$1\" and (.isUp | not))"; }
ping_once() { ct_exec one busybox ping -c 1 -W 1 10.0.0.2; }

start_dataplane --controller none
ct_start one
ct_start two
plug 1 one
plug 2 two
ip -n one addr add 10.0.0.1/24 dev eth0
ip -n two addr add 10.0.0.2/24 dev eth0
ip -n one route add 192.0.2.0/24 via 10.0.0.2
mac=$(ip -n one -o link show eth0)
connect
wait_for 5 "the first ping" ping_once

say "the switch is killed"
stop "$dataplane_pid"
says '10.0.0.1/24' ip -n one addr show eth0
refused 'loss' ping_once

say "and is back"
start_dataplane --controller none
plug 1 one
plug 2 two
connect
says '192.0.2.0/24 via 10.0.0.2' ip -n one route
[ "$(ip -n one -o link show eth0 | grep -o 'ether [^ ]*')" = "$(grep -o 'ether [^ ]*' <<<"$mac")" ] ||
	fail "another MAC address"
wait_for 5 "the ping after the restart" ping_once

say "with another number of workers, so of queues, there and back"
for workers in 0,1 0; do
	stop "$dataplane_pid"
	start_dataplane --controller none --workers $workers
	plug 1 one
	plug 2 two
	connect
	says '192.0.2.0/24 via 10.0.0.2' ip -n one route
	wait_for 5 "the ping with --workers $workers" ping_once
done
ct_start five
stop "$dataplane_pid"
start_dataplane --controller none --workers 0,1
plug 1 one
plug 5 five
stop "$dataplane_pid"
start_dataplane --controller none --workers 0
plug 1 one
plug 2 two
plug 5 five
connect
wait_for 5 "the ping after all that" ping_once

say "an interface of that name that is no tap of ours is left alone"
ct_start three
ip -n three link add eth0 type veth peer name other
refused 'eth0' plug 3 three
says veth ip -n three -d link show eth0

say "somebody deletes an interface, and a namespace goes with its port still there"
ip -n two link del eth0
wait_for 5 "the port to be down" is_down two
switch port del two
refused 'no port|not.*found|NOT_FOUND' switch port del two
ct_start four
plug 4 four
ct_stop four
switch port del four

say "the port goes, and the interface with it"
switch port del one
refused 'does not exist' ip -n one link show eth0
