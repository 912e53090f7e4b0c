#!/bin/bash
# A real virtual machine on vhost-user and a container in one network: reach, TCP with offloads,
# and a guest that is killed in the middle of its traffic.
#
#     vm .10 (QEMU, vhost-user)    c1 .1    c2 .2
#       |                           |        |
#     ==+===========================+========+==  blue 10.0.0.0/24
limit=180
. "$(dirname "$0")/lib.sh"

start_both
weft project create acme
weft network create blue --project acme --subnet 10.0.0.0/24
container acme blue c1 --ip 10.0.0.1
container acme blue c2 --ip 10.0.0.2
weft port create vm --project acme --network blue --ip 10.0.0.10 >/dev/null
says 'qemu|QEMU' weft port attach vm --project acme --kind vhost-user --memory 192M

say "the answer holds what QEMU and libvirt need"
vhost=$(port_json acme vm | jq -r .binding.socketPath)
[ -S "$vhost" ] || fail "no socket at '$vhost'"
port_json acme vm | jq -e '.binding.qemuArgs | index("-netdev")' >/dev/null || fail "no QEMU arguments"
port_json acme vm | jq -r .binding.libvirtXml | grep -q "$vhost" || fail "no libvirt XML"

boot() {
	guest_start vm $(guest_vhost_args "$vhost" "$(mac_of acme vm)")
	guest_wait vm
	guest_exec vm 'ip addr add 10.0.0.10/24 dev eth0 && ip link set eth0 up'
	wait_for 20 "the guest to reach c1" guest_exec vm 'ping -c 1 -W 1 10.0.0.1'
}
boot
wait_for 5 "port vm to be ACTIVE" port_is acme vm ACTIVE
reach c2 10.0.0.10

say "offloads: the guest was offered segmentation and checksums"
guest_exec vm 'ethtool -k eth0' >"$tmp/offloads.log"
grep -q 'tx-checksumming: on' "$tmp/offloads.log" || fail "the guest has no checksum offload"
grep -q 'tcp-segmentation-offload: on' "$tmp/offloads.log" || fail "the guest has no segmentation offload"

# The client's report; the data is checked by TCP's own checksum and by the byte count.
transfer() { # SERVER-NAMESPACE CLIENT...
	local server=$1
	shift
	ip netns exec "$server" iperf3 -s -1 >>"$tmp/iperf.log" 2>&1 </dev/null &
	wait_for 5 "iperf3 in $server" bash -c "ip netns exec $server ss -Hltn 'sport = :5201' | grep -q ."
	"$@" | tee -a "$tmp/iperf.log" | jq -e '.end.sum_received.bytes >= 20000000' >/dev/null ||
		fail "the transfer did not arrive whole"
}
say "20 MB of TCP from the guest, to the guest, and between containers"
transfer c1 guest_exec vm 'iperf3 -c 10.0.0.1 -n 20M -J'
transfer c1 guest_exec vm 'iperf3 -c 10.0.0.1 -n 20M -J -R'
transfer c2 ct_exec c1 iperf3 -c 10.0.0.2 -n 20M -J

say "the guest is killed in the middle of its traffic; others go on, without a packet lost"
ip netns exec c1 iperf3 -s -1 >>"$tmp/iperf.log" 2>&1 </dev/null &
wait_for 5 "iperf3 in c1" bash -c "ip netns exec c1 ss -Hltn 'sport = :5201' | grep -q ."
guest_exec vm 'iperf3 -c 10.0.0.1 -t 30 >/dev/null 2>&1 &'
packets() { switch port stats -o json | jq --arg p "$(port_json acme vm | jq -r .binding.switchPort)" '.ports[] | select(.name == $p) | .rxPackets'; }
start=$(packets)
sends() { [ "$(packets)" -gt $((start + 1000)) ]; }
wait_for 10 "the guest to send" sends
ip netns exec c1 busybox ping -c 100 -i 0.02 -W 2 10.0.0.2 >"$tmp/ping.log" &
ping_pid=$!
guest_kill vm
wait $ping_pid || fail "c1 lost c2 when the guest died"
grep -q ' 0% packet loss' "$tmp/ping.log" || fail "packets were lost: $(tail -n 2 "$tmp/ping.log")"
switch info >/dev/null

say "and it comes back on the same port"
boot
