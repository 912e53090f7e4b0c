#!/bin/bash
# ovs-testcontroller, a foreign controller, makes a learning switch of ours: two containers reach
# each other, over TCP and over TLS; a controller with a certificate of a wrong CA gets nowhere.
#
#   c1 (port 1) -- switch -- c2 (port 2)        ovs-testcontroller listens at 6653
. "$(dirname "$0")/lib.sh"

make_ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$tmp/$1.key" -out "$tmp/$1.crt" 2>/dev/null
}
make_cert() { # NAME CA
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-keyout "$tmp/$1.key" -out "$tmp/$1.csr" 2>/dev/null
	openssl x509 -req -in "$tmp/$1.csr" -CA "$tmp/$2.crt" -CAkey "$tmp/$2.key" -CAcreateserial \
		-days 2 -out "$tmp/$1.crt" 2>/dev/null
}

controller=
controller_starts() { # OPTION...
	ovs-testcontroller --max-idle=60 -O OpenFlow13 "$@" >>"$tmp/testcontroller.log" 2>&1 </dev/null 9>&- &
	controller=$!
}
add_ports() {
	for i in 1 2; do
		switch port add "p$i" --type tap --option "netns=c$i" --option ifname=eth0 --number "$i" >/dev/null
		ip -n "c$i" addr replace "10.0.0.$i/24" dev eth0
		ip -n "c$i" link set eth0 address "02:00:00:00:00:0$i" up
	done
}
flows() { timeout 100 ovs-ofctl -O OpenFlow13 dump-flows tcp:127.0.0.1:6654; }
forget() { timeout 100 ovs-ofctl -O OpenFlow13 del-flows tcp:127.0.0.1:6654 "dl_dst=02:00:00:00:00:0$1"; }
learned() { flows | grep -q "dl_dst=02:00:00:00:00:0$1.*output:\"*p*$1"; }
is_open() { switch info | grep -q "$1.*open"; }
they_talk() {
	reach_soon c1 10.0.0.2
	reach c2 10.0.0.1
	wait_for 5 "a flow to c1" learned 1
	wait_for 5 "a flow to c2" learned 2
}

mkdir -p /run/openvswitch
for i in 1 2; do ct_start "c$i"; done

say "over TCP"
controller_starts ptcp:6653
start_dataplane --datapath-id beef
add_ports
they_talk

say "frames longer than what it asks to see come whole: there is no buffer to keep the rest in"
forget 1
forget 2
ct_exec c1 busybox ping -c 3 -W 2 -s 1300 10.0.0.2 >/dev/null

say "what it learned holds without it, and it starts anew"
stop "$controller"
reach c1 10.0.0.2
controller_starts ptcp:6653
wait_for 10 "the switch to come back to it" is_open 127.0.0.1:6653
forget 1
they_talk
stop "$controller"
stop "$dataplane_pid" TERM

say "over TLS, with a controller of another CA: nothing"
make_ca ca
make_ca other
make_cert switch ca
make_cert controller ca
make_cert stranger other
tls=(--certificate "$tmp/switch.crt" --private-key "$tmp/switch.key" --ca-certificate "$tmp/ca.crt")
# The stranger itself would take anybody: it is the switch that refuses.
controller_starts -p "$tmp/stranger.key" -c "$tmp/stranger.crt" -C "$tmp/ca.crt" pssl:6653
start_dataplane --controller none --controller ssl:127.0.0.1:6653 "${tls[@]}"
add_ports
wait_for 10 "the refusal" grep -q '6653.*certificate' "$tmp/dataplane.log"
if is_open 127.0.0.1:6653; then fail "the switch talks to a stranger"; fi
no_reach c1 10.0.0.2
stop "$controller"

say "over TLS, with the right one"
controller_starts -p "$tmp/controller.key" -c "$tmp/controller.crt" -C "$tmp/ca.crt" pssl:6653
wait_for 15 "the connection" is_open ssl:127.0.0.1:6653
they_talk
