#!/bin/bash
# While somebody inside floods with SYNs from false addresses until no more connections can be tracked,
# and somebody outside floods as well, an established connection goes on and new ones are made.
limit=300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/firewall.sh"
start_firewall --max-connections 5000
serve outside
sum=$(md5sum <"$tmp/www/data")

floods=()
flood() { # NAME OPTION...
	local name=$1
	shift
	ip netns exec "$name" hping3 -q "$@" >>"$tmp/hping.log" 2>&1 </dev/null 9>&- &
	floods+=($!)
}
packets_in() { switch port stats -o json | jq -r --arg p "$1" '.ports[] | select(.name == $p) | .rxPackets'; }

say "a connection is established, and lasts as long as the floods"
mkfifo "$tmp/held"
ip netns exec outside python3 -c '
import socket
with socket.create_server(("", 5000)) as s:
    c = s.accept()[0]
    while data := c.recv(100):
        c.sendall(data.upper())' >/dev/null 2>&1 </dev/null 9>&- &
wait_for 5 "the server" listens outside t 5000
ip netns exec inside python3 -c '
import os, socket, sys, time
folder = sys.argv[1]
n = 0
with socket.create_connection(("10.0.0.2", 5000)) as s:
    s.settimeout(250)
    while not os.path.exists(folder + "/over"):
        s.sendall(b"a")
        if s.recv(100) != b"A":
            sys.exit("the connection has ended")
        n += 1
        with open(folder + "/count.new", "w") as f:
            f.write(str(n))
        os.rename(folder + "/count.new", folder + "/count")
        time.sleep(0.02)' "$tmp" >"$tmp/held.log" 2>&1 </dev/null 9>&- &
held=$!
counts_to() { [ "$(cat "$tmp/count" 2>/dev/null || echo 0)" -ge "$1" ]; }
wait_for 5 "the connection" counts_to 10

say "the floods"
flood second -S --rand-source -p 9 -i u100 10.0.0.2
flood outside -S --rand-source -p 80 -i u100 10.0.0.1
flood outside -A -a 10.9.0.2 -p 80 -s 7 -i u100 10.0.0.1
came=$(packets_in second) from_outside=$(packets_in outside)
flooded() {
	[ "$(packets_in second)" -gt $((came + 20000)) ] && [ "$(packets_in outside)" -gt $((from_outside + 20000)) ]
}
wait_for 30 "the floods to have come" flooded

say "new connections are made, whole"
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(ct_exec inside curl -sS -m 250 http://10.0.0.2/data | md5sum)" = "$sum" ] || fail "connection $i during the floods"
done
for flood in "${floods[@]}"; do kill -0 "$flood" || fail "a flood has ended: $(cat "$tmp/hping.log")"; done

say "the established one has gone on, and does"
now=$(cat "$tmp/count")
wait_for 10 "more of it" counts_to $((now + 10))
touch "$tmp/over"
wait $held || fail "$(cat "$tmp/held.log")"
for flood in "${floods[@]}"; do stop "$flood"; done

say "the table was full, and half-open connections made room"
switch conntrack stats -o json >"$tmp/stats"
jq -e '.maxConnections == 5000 and (.nConnections | tonumber) > 4000 and (.nEvicted | tonumber) > 1000 and
	(.nRefusedFull | tonumber) == 0' "$tmp/stats" >/dev/null || fail "$(cat "$tmp/stats")"
kill -0 "$dataplane_pid" || fail "the switch ended"
