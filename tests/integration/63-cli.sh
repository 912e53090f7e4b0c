#!/bin/bash
# Every verb of the command line against running daemons: what it prints, in which formats, and what it
# says when something is wrong.
limit=120
. "$(dirname "$0")/lib.sh"

status_of() { # STATUS COMMAND...
	local want=$1 got=0
	shift
	"$@" >/dev/null 2>&1 </dev/null || got=$?
	[ "$got" = "$want" ] || fail "$* ended with $got, not $want"
}

say "help for everything, without a server"
says 'Usage: weft COMMAND' weft --help
says '^weft [0-9]' weft --version
weft --help | sed -n 's/^  \([a-z][a-z-]*\( [a-z-]\+\)*\)  .*/\1/p' >"$tmp/verbs"
[ "$(wc -l <"$tmp/verbs")" -ge 40 ] || fail "only $(wc -l <"$tmp/verbs") verbs"
while read -r verb; do says "Usage: weft $verb" weft $verb --help; done <"$tmp/verbs"
status_of 2 weft
status_of 2 weft port
status_of 2 weft port frobnicate
status_of 2 weft port list --frobnicate
status_of 2 weft port list
status_of 3 weft project list
refused 'weft-controller' weft project list

start_both

say "projects, networks, subnets"
says acme weft project create acme --display-name "Acme Inc." --label env=prod
refused 'acme' weft project create acme
refused 'project' weft project create 'A Bad Name'
export WEFT_PROJECT=acme
says 'blue-v4.*blue-v6|blue-v6' weft network create blue --subnet 10.0.0.0/24 --subnet6 fd00:1::/64
refused 'overlap' weft subnet create other --network blue --cidr 10.0.0.128/25
refused 'nonsense' weft network create green --subnet nonsense
refused 'green' weft network get green
says extra weft subnet create extra --network blue --cidr 10.1.0.0/24 --gateway 10.1.0.1 --pool 10.1.0.10-10.1.0.20
says '10.1.0.0/24' weft subnet list --network blue
says '9000' weft network update blue --mtu 9000
says 'Acme Inc' weft project get acme
refused 'mtu' weft network update blue --mtu 99999
refused 'nothing to change' weft network update blue

say "formats"
weft network list -o json | jq -e '.[0].mtu == 9000' >/dev/null
weft network get blue -o json | jq -e '.name == "projects/acme/networks/blue"' >/dev/null
says '^mtu: 9000' weft network get blue -o yaml
says '^NAME +STATE' weft network list

say "ports"
weft port create p1 --network blue --ip 10.0.0.7 --mac 02:00:00:00:00:07 -o json >"$tmp/p1.json"
jq -e '.macAddress == "02:00:00:00:00:07" and .ipAddresses[0].address == "10.0.0.7" and .state == "DOWN"' "$tmp/p1.json" >/dev/null
refused '10.0.0.7' weft port create p2 --network blue --ip 10.0.0.7
refused '192.168' weft port create p2 --network blue --ip 192.168.0.1
refused 'nowhere' weft port create p2 --network nowhere
refused 'mac' weft port create p2 --network blue --mac nonsense
refused 'kind' weft port attach p1 --kind carrier-pigeon
refused 'netns|nowhere' weft port attach p1 --kind tap --netns nowhere
ct_start c1
says 'eth0' weft port attach p1 --kind tap --netns c1
wait_for 10 "p1 to be ACTIVE" port_is acme p1 ACTIVE
says '02:00:00:00:00:07' ip -n c1 link show dev eth0
says 'ACTIVE' weft port list
refused 'attach' weft port delete p1
refused 'p1' weft network delete blue

say "security groups, address groups, admin policies"
says default weft security-group list
says 'in-from-group .*INGRESS .*group default' weft security-group list-rules default
says '^web ' weft security-group create web --description 'Web servers'
says 'tcp 80,443 +10.0.0.0/8' weft security-group add-rule web --ingress --protocol tcp --ports 443,80 --remote 10.0.0.0/8 --id http
says 'icmp type 8 +group web' weft security-group add-rule web --ingress --protocol icmp --icmp-type 8 --remote-group web
refused 'says the same already' weft security-group add-rule web --ingress --protocol 6 --ports 80,443 --remote 10.0.0.0/8
refused 'no ports' weft security-group add-rule web --ingress --protocol tcp --ports 80,http
refused 'ingress or --egress' weft security-group add-rule web --protocol tcp
refused 'no rule "ssh"' weft security-group remove-rule web ssh
weft security-group get web -o json >"$tmp/web.json"
says 'http' weft security-group remove-rule web "$(jq -r '.rules[1].id' "$tmp/web.json")"
weft security-group replace-rules web --file "$tmp/web.json" -o json | jq -e 'map(.id) == ["http", "'"$(jq -r '.rules[1].id' "$tmp/web.json")"'"]' >/dev/null
refused 'No such file' weft security-group replace-rules web --file "$tmp/none"
says '^blocked ' weft address-group create blocked
seq 0 11999 | awk '{ print "192.0." int($1 / 256) "." $1 % 256 " # a scanner" }' >"$tmp/scanners"
says '^blocked +12001' weft address-group add blocked 2001:db8::/32 --file "$tmp/scanners"
says '^blocked +12000' weft address-group remove blocked 192.0.0.7
[ "$(weft address-group addresses blocked | sort -u | wc -l)" = 12000 ] || fail "not 12000 addresses"
refused 'bits beyond' weft address-group add blocked 192.0.2.1/24
refused 'give addresses' weft address-group add blocked
weft security-group add-rule web --egress --address-group blocked >/dev/null
refused 'projects/acme/securityGroups/web' weft address-group delete blocked
says '^guard +1 +10' weft admin-policy create guard --tier 1 --priority 10 --subject 'labels.env = prod'
says 'DENY +INGRESS +tcp 23 +anywhere +yes' weft admin-policy add-rule guard --action deny --ingress --protocol tcp --ports 23 --log --id telnet
weft admin-policy add-rule guard --action pass --ingress --remote-ports 'labels.role = monitor' --before telnet -o json | jq -e '.[1].id == "telnet"' >/dev/null
says 'ports labels.role = monitor' weft admin-policy list-rules guard
refused "no rule 'x'" weft admin-policy remove-rule guard x
weft admin-policy remove-rule guard telnet -o json | jq -e 'length == 1' >/dev/null
refused 'labels, name, network' weft admin-policy update guard --subject 'state = ACTIVE'
weft port create p3 --network blue --security-group web --allowed-address 10.0.0.100,00:00:5e:00:01:0a --limit-packets-per-second 1000 -o json |
	jq -e '.securityGroups == ["projects/acme/securityGroups/web"] and .allowedAddressPairs[0].ipPrefix == "10.0.0.100/32" and .limits.packetsPerSecond == 1000' >/dev/null
refused 'projects/acme/ports/p3' weft security-group delete web
weft port update p3 --security-group '' -o json | jq -e '.securityGroups // [] | length == 0' >/dev/null
weft port update p3 --security-group web --security-group default -o json | jq -e '.securityGroups | length == 2' >/dev/null
refused 'does not exist' weft port update p3 --security-group nobody
weft port delete p3
weft security-group delete web
refused 'goes with' weft security-group delete default

say "a virtual machine's port: socket and QEMU arguments"
weft port create vm --network blue >/dev/null
says 'memory-backend-memfd' weft port attach vm --kind vhost-user --memory 1G --queues 2
says 'vhostuser|vhost-user' weft port get vm -o yaml

say "diagnostics"
says 'p1' weft flows "$(weft host list -o json | jq -r '.[0].name')"
says . weft drops
says . weft drops --host "$(weft host list -o json | jq -r '.[0].name')"
says '[Dd]rop' weft trace --port p1 'eth_type=0x0800,ipv4_src=1.2.3.4,eth_dst=02:00:00:00:00:99'
says 'projects/acme/ports/p1' weft watch --until-synced
weft watch --until-synced -o json | jq -se 'map(select(.type == "ADDED")) | length >= 5' >/dev/null
refused 'PACKET is missing' weft trace --port p1

say "the local switch"
says 'datapath' switch info
says 'vhost-user' switch port types
says 'vhost-user' switch port list
says 'RX PACKETS' switch port stats
switch tables -o json | jq -e '.tables | length >= 4' >/dev/null
says 'table 0' switch flows
says 'table 30' switch flows --table 30
says 'WORKER' switch workers
says . switch drops
says . switch trace 'in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tcp_dst=80'
says '77' switch port add x1 --type null --number 77
refused 'x1' switch port add x1 --type tap
refused 'frobnicate' switch port add x2 --type frobnicate
refused 'frob' switch port add x2 --type null --option frob=1
switch port del x1
refused 'x1' switch port del x1
refused 'nonsense' switch trace 'nonsense=1'

says '^no groups$' switch groups
switch groups -o json | jq -e '.groups == []' >/dev/null
says '^no meters$' switch meters
says '^meters: \[\]$' switch meters -o yaml
refused 'count' switch snoop --count many
says ' <- OFPT_ECHO_REQUEST| -> OFPT_' timeout 200 weft --socket "$socket" switch snoop --count 1
says '^kind: ' timeout 200 weft --socket "$socket" switch snoop --count 1 -o yaml

say "completion"
says '^network$' weft __complete -- netw
says '^blue$' weft __complete -- network get ''
says '^p1$' weft __complete -- port get p
says '^guard$' weft __complete -- admin-policy get ''
says '^blocked$' weft __complete -- address-group add b
says '^default$' weft __complete -- port create x --security-group d
says '^add-rule$' weft __complete -- security-group add
says '^--kind$' weft __complete -- port attach p1 --k
says '^vhost-user$' weft __complete -- port attach p1 --kind v
says '^snoop$' weft __complete -- switch sn
says '^--peer$' weft __complete -- switch snoop --p
says '^GROUP_MOD$' weft __complete -- switch snoop --type G
says '^null$' weft --socket "$socket" __complete -- switch port add x --type n

say "and all of it away again"
weft port detach p1
weft port detach vm
for p in p1 vm; do weft port delete $p; done
refused 'blue-v4|subnet' weft network delete blue
for s in blue-v4 blue-v6 extra; do weft subnet delete $s --network blue; done
weft network delete blue
weft network delete blue --allow-missing
refused 'projects/acme/addressGroups/blocked' weft project delete acme
weft address-group delete blocked
weft admin-policy delete guard
weft project delete acme
refused 'acme' weft project get acme
status_of 1 weft project get acme
