#!/bin/bash
# OpenFlow over TLS with foreign peers: ovs-ofctl dials the switch, and the switch dials
# ovs-testcontroller.  Who has no certificate of the right CA gets nowhere.
#
#	ca ----signs---- switch, client		other ----signs---- stranger
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
make_ca ca
make_ca other
make_cert switch ca
make_cert client ca
make_cert stranger other

tls=(--certificate "$tmp/switch.crt" --private-key "$tmp/switch.key" --ca-certificate "$tmp/ca.crt")
ofctl() { # NAME ARGS...
	local name=$1
	shift
	timeout 100 ovs-ofctl -O OpenFlow13 -c "$tmp/$name.crt" -p "$tmp/$name.key" -C "$tmp/ca.crt" "$@"
}

say "what is wrong with the files is said, and names the file"
start() { timeout 100 weft-dataplane --socket "$socket" --controller none --listen ssl:127.0.0.1:6655 "$@"; }
refused 'give all three' start
refused 'private-key .*stranger.key: .*certificate' start "${tls[@]}" --private-key "$tmp/stranger.key"
refused 'ca-certificate .*/nowhere: No such file' start "${tls[@]}" --ca-certificate "$tmp/nowhere"
refused 'certificate .*ca.key: is no certificate' start "${tls[@]}" --certificate "$tmp/ca.key"

say "a client with a certificate of the CA is served"
mkdir -p /run/openvswitch
timeout 900 ovs-testcontroller --log-file="$tmp/controller.log" -p "$tmp/client.key" -c "$tmp/client.crt" \
	-C "$tmp/ca.crt" -O OpenFlow13 pssl:6653 >/dev/null 2>&1 9>&- &
start_dataplane "${tls[@]}" --listen ssl:127.0.0.1:6655 --controller ssl:127.0.0.1:6653
says 'n_tables:254' ofctl client show ssl:127.0.0.1:6655
ofctl client add-flow ssl:127.0.0.1:6655 'priority=77,in_port=1,actions=output:2'
says 'priority=77' ofctl client dump-flows ssl:127.0.0.1:6655

say "the switch's own connection to a controller is up"
dialled() { switch info | grep -q 'ssl:127.0.0.1:6653.*open'; }
wait_for 10 "the connection to ovs-testcontroller" dialled

say "strangers and those without TLS are not"
refused . ofctl stranger show ssl:127.0.0.1:6655
refused . timeout 100 ovs-ofctl -O OpenFlow13 show tcp:127.0.0.1:6655
says 'n_tables:254' ofctl client show ssl:127.0.0.1:6655
refused . openssl s_client -connect 127.0.0.1:6655 -tls1_1 -cert "$tmp/client.crt" -key "$tmp/client.key"

say "no key is in the log"
grep -q 'TLS: ' "$tmp/dataplane.log" || fail "the log does not tell of the strangers"
if grep -q 'PRIVATE KEY' "$tmp/dataplane.log"; then fail "a key is in the log"; fi

say "weft-controller takes switches over TLS, and nobody else"
start() { timeout 100 weft-controller --store mem: --openflow ssl:127.0.0.1:6656 "$@"; }
refused 'give all three' start
refused 'private-key .*stranger.key: .*certificate' start "${tls[@]}" --private-key "$tmp/stranger.key"
stop "$dataplane_pid" TERM
start_controller --openflow ssl:127.0.0.1:6656 --certificate "$tmp/client.crt" \
	--private-key "$tmp/client.key" --ca-certificate "$tmp/ca.crt"
start_dataplane "${tls[@]}" --controller ssl:127.0.0.1:6656
wait_for 20 "the host to connect" host_is_connected
refused . openssl s_client -connect 127.0.0.1:6656 -tls1_2 -cert "$tmp/stranger.crt" -key "$tmp/stranger.key"
