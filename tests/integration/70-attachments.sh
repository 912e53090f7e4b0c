#!/bin/bash
# What an attachment answers is usable, and no port gets another port's interface.
#
#     c1 .1    c2 .2 (veth)    vm .3 (somebody else's tap)
#       |        |               |
#     ==+========+===============+==  blue 10.0.0.0/24
. "$(dirname "$0")/lib.sh"

start_both
export WEFT_PROJECT=acme
weft project create acme >/dev/null
weft network create blue --subnet 10.0.0.0/24 >/dev/null
container acme blue c1 --ip 10.0.0.1

say "an interface that a port has is not given to another one"
weft port create thief --ip 10.0.0.99 --network blue >/dev/null
refused 'options.ifname|eth0 is there and in use' \
	weft port attach thief --kind tap --netns c1 --ifname eth0
says '"DOWN"' weft port get thief -o json
ip link add two-out type veth peer name two-in
weft port create two --network blue --ip 10.0.0.2 >/dev/null
weft port attach two --kind veth --ifname two-out >/dev/null
refused 'interface is port' weft port attach thief --kind veth --ifname two-out
says '"DOWN"' weft port get thief -o json

say "and is free when that one is detached"
weft port detach two >/dev/null
weft port attach thief --kind veth --ifname two-out >/dev/null
weft port detach thief >/dev/null
weft port detach c1 >/dev/null
weft port attach thief --kind tap --netns c1 --ifname eth0 >/dev/null
weft port detach thief >/dev/null
weft port attach c1 --kind tap --netns c1 --ifname eth0 >/dev/null
container_address acme c1

say "a veth whose inner end has the port's MAC address"
ip link del two-out
ct_start c2
ip link add two-out type veth peer name eth0 address "$(mac_of acme two)" netns c2
weft port attach two --kind veth --ifname two-out >/dev/null
ip -n c2 addr add 10.0.0.2/24 dev eth0
ip -n c2 link set eth0 up
reach_soon c1 10.0.0.2

say "the host itself is not reached by the outer end"
[ -z "$(ip -6 addr show dev two-out)" ] || fail "the host itself listens on two-out"
ip -n c2 route add 192.0.2.1 dev eth0
ip addr add 192.0.2.1/32 dev lo
ip route add 10.0.0.2 dev two-out
no_reach c2 192.0.2.1
refused 'options.netns' curl -sS --fail-with-body -X POST \
	"http://127.0.0.1:8080/v1/projects/acme/ports/thief:attach" \
	-d '{"kind":"VETH","host":"infrastructure/hosts/x","options":{"ifname":"eth0","netns":"c2"}}'

say "a tap that a hypervisor made"
weft port create vm --network blue --ip 10.0.0.3 >/dev/null
ip tuntap add tap-vm mode tap
weft port attach vm --kind veth --ifname tap-vm >/dev/null
says 'ACTIVE' weft port list

say "a trace names those that receive, not the sender"
said=$(weft trace --port c1 eth_dst=ff:ff:ff:ff:ff:ff)
grep -q 'received by projects/acme/ports/two' <<<"$said" || fail "$said"
if grep -q 'received by projects/acme/ports/c1' <<<"$said"; then fail "$said"; fi

say "libvirt's element is well-formed, QEMU takes its arguments as they are"
weft port create guest --network blue >/dev/null
weft port attach guest --kind vhost-user --memory 64M --queues 2 >/dev/null
weft port get guest -o json | jq -r .binding.libvirtXml | python3 -c '
import sys, xml.etree.ElementTree as e
i = e.fromstring(sys.stdin.read())
assert i.get("type") == "vhostuser" and i.find("driver").get("queues") == "2", e.tostring(i)'
python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' \
	"$root/configs/libvirt/vhost-user-guest.xml"
mapfile -t args < <(weft port get guest -o json | jq -r '.binding.qemuArgs[]')
qemu-system-x86_64 -M q35 -display none -serial none -monitor none -S "${args[@]}" \
	>"$tmp/qemu.log" 2>&1 </dev/null &
qemu=$!
connected() { ss -xH state established | grep -q "$(port_json acme guest | jq -r .binding.socketPath)"; }
wait_for 20 "QEMU to connect to the socket" connected
kill $qemu
weft port detach guest >/dev/null
