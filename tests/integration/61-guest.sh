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
says "$vhost" jq -r .binding.libvirtXml <(port_json acme vm)

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

say "20 MB by HTTP from container to guest, back, and between containers: every byte arrives"
mkdir "$tmp/www"
head -c 20000000 /dev/urandom >"$tmp/www/data"
sum=$(md5sum <"$tmp/www/data")
ct_exec c1 busybox httpd -p 80 -h "$tmp/www"
fetch='wget -q -O - http://ADDRESS/data | tee /tmp/data | md5sum'
got=$(guest_exec vm -t 300 "${fetch/ADDRESS/10.0.0.1}")
[ "$got" = "$sum" ] || fail "c1 to the guest: $got"
guest_exec vm 'httpd -p 80 -h /tmp'
[ "$(ct_exec c2 curl -s -m 300 http://10.0.0.10/data | md5sum)" = "$sum" ] || fail "the guest to c2"
[ "$(ct_exec c2 curl -s -m 300 http://10.0.0.1/data | md5sum)" = "$sum" ] || fail "c1 to c2"

say "the guest is killed in the middle of its traffic; others go on, without a packet lost"
ip netns exec c1 iperf3 -s -1 >>"$tmp/iperf.log" 2>&1 </dev/null &
wait_for 5 "iperf3 in c1" bash -c "ip netns exec c1 ss -Hltn 'sport = :5201' | grep -q ."
guest_exec vm 'iperf3 -c 10.0.0.1 -t 300 >/dev/null 2>&1 &'
packets() { switch port stats -o json | jq --arg p "$(port_json acme vm | jq -r .binding.switchPort)" '.ports[] | select(.name == $p) | .rxPackets'; }
start=$(packets)
sends() { [ "$(packets)" -gt $((start + 1000)) ]; }
wait_for 10 "the guest to send" sends
ping_all c1 10.0.0.2 100 0.02 >"$tmp/ping.log" 2>&1 &
ping_pid=$!
guest_kill vm
wait $ping_pid || fail "packets were lost when the guest died: $(cat "$tmp/ping.log")"
switch info >/dev/null

say "and it comes back on the same port"
boot
