# Security groups, the operator's policies, anti-spoofing and limits, tried with real traffic on
# either switch: who includes this has set `kind` to weft or ovs.
#
#	acme/blue 10.0.0.0/24, fd00::/64
#	web .1   app .2   db .3   odd .4 (no group but its own)
#	 |        |        |        |
#	=+========+========+========+==  Weft or Open vSwitch
. "$(dirname "$0")/lib.sh"
. "$root/tests/integration/ovs.sh"

here=$root/tests/integration
[ "$kind" = weft ] || capture=no
api() { # METHOD PATH [BODY]
	curl -sS --fail-with-body -X "$1" "http://127.0.0.1:8080/v1/$2" ${3:+-d "$3"}
}
group() { api POST "projects/acme/securityGroups?security_group_id=$1" "${2:-{\}}" >/dev/null; }
rules() { # GROUP RULE...: all that the group has
	local name=$1
	shift
	api POST "projects/acme/securityGroups/$name:replaceRules" "{\"rules\":[$(
		IFS=,
		echo "$*"
	)]}" >/dev/null
}
port_is_now() { # NAME FIELDS MASK
	api PATCH "projects/acme/ports/$1?update_mask=$3" "$2" >/dev/null
	wait_for 10 "port $1 to be ACTIVE" port_is acme "$1" ACTIVE
}

flow_py() { ct_exec "$1" python3 "$here/flow.py" "${@:2}"; }
flow_py_here() { exec ip netns exec "$1" python3 "$here/flow.py" "${@:2}" >>"$tmp/flow.log" 2>&1 </dev/null 9>&-; }
serves() { # NAME PORT [udp]
	flow_py_here "$@" &
}
serve() { serves "$1" serve "${@:2}"; }
asks() { flow_py "$1" ask "${@:2}" >/dev/null 2>&1; } # NAME ADDRESS PORT [udp]
passes() { wait_for 10 "$1 to reach $2 port $3 ${4:-tcp}" asks "$@"; }
is_refused() { ! asks "$@"; }
fails() { # once refused it stays so
	wait_for 10 "$1 to be kept from $2 port $3 ${4:-tcp}" is_refused "$@"
	is_refused "$@" || fail "$1 reaches $2 port $3 ${4:-tcp}"
}
lines() { wc -l <"$1"; }
grows() { # FILE
	local before
	before=$(lines "$1")
	wait_for 10 "$1 to grow" more_lines_than "$1" "$before"
}
more_lines_than() { [ "$(lines "$1")" -gt "$2" ]; }
stands_still() { # FILE: nothing was answered for a second
	local before
	before=$(lines "$1")
	sleep 1
	[ "$(lines "$1")" = "$before" ]
}

start_world "$kind"
weft project create acme >/dev/null
weft network create blue --project acme --subnet 10.0.0.0/24 --subnet6 fd00::/64 >/dev/null
n=0
for name in web app db odd; do
	n=$((n + 1))
	plug_container "$kind" acme blue $name --ip 10.0.0.$n --ip fd00::$n
	serve $name 80
	serve $name 81
	serve $name 53 udp
done
any_out='{"direction":"EGRESS"}'

say "the default group: its ports reach each other"
passes web 10.0.0.2 80
passes db fd00::1 80
passes web 10.0.0.2 53 udp
reach web 10.0.0.3
reach web fd00::3

say "a group without rules lets nothing in or out, but the network is still there"
group shut
port_is_now odd '{"securityGroups":["projects/acme/securityGroups/shut"]}' security_groups
fails web 10.0.0.4 80
fails odd 10.0.0.1 80
no_reach web 10.0.0.4
no_reach odd fd00::1

say "who is in no group of a rule stays out; egress alone is enough to begin"
group open "{\"rules\":[$any_out]}"
port_is_now odd '{"securityGroups":["projects/acme/securityGroups/open"]}' security_groups
fails odd 10.0.0.1 80
fails web 10.0.0.4 80

say "a rule for a port, both versions of IP, and only that"
group www
rules www "$any_out" '{"direction":"INGRESS","protocol":"tcp","ports":["80"]}'
port_is_now db '{"securityGroups":["projects/acme/securityGroups/www"]}' security_groups
passes odd 10.0.0.3 80
passes odd fd00::3 80
fails odd 10.0.0.3 81
fails odd 10.0.0.3 53 udp
no_reach odd 10.0.0.3

say "what was refused is told, with the rule that comes near"
host=$(weft host list -o json | jq -r '.[0].name')
wait_for 20 "the drops to be told" tells 'no ingress rule of group www' weft drops --host "$host"
if [ "$kind" = weft ]; then # Open vSwitch does not trace for others
	to_db="eth_dst=$(mac_of acme db),tcp,nw_dst=10.0.0.3"
	says 'no ingress rule of group www allows tcp 81 from 10.0.0.4; the nearest.*allows tcp 80' \
		weft trace --project acme --port odd "$to_db,tcp_dst=81"
	says 'received by projects/acme/ports/db' \
		weft trace --project acme --port odd "$to_db,tcp_dst=80"
	explain() { weft port explain odd --project acme --to db "$1"; }
	says '^is dropped: .*no ingress rule of group www allows tcp 81 from 10.0.0.4; the nearest.*allows tcp 80' \
		explain tcp,tcp_dst=81
	says '^passes: received by db' explain tcp,tcp_dst=80
	says '^passes: received by db' explain tcp6,tcp_dst=80
	says '"dropReason":"[^"]*no ingress rule of group www allows udp 53' api POST projects/acme/ports/odd:explain \
		'{"to":"projects/acme/ports/db","packet":"udp,udp_dst=53"}'
	says 'no ingress rule of group www' switch drops
fi

say "an established connection ends with its rule, and goes on when the rule is back"
serves odd talk 10.0.0.3 80 "$tmp/talk"
wait_for 10 "the conversation to begin" test -s "$tmp/talk"
grows "$tmp/talk"
rules www "$any_out" '{"direction":"INGRESS","protocol":"tcp","ports":["81"]}'
wait_for 10 "the conversation to stop" stands_still "$tmp/talk"
passes odd 10.0.0.3 81
fails odd 10.0.0.3 80
rules www "$any_out" '{"direction":"INGRESS","protocol":"tcp","ports":["80-85"]}'
wait_for 30 "the conversation to go on" grows "$tmp/talk"

say "replacing other rules does not touch it, and loses no packet"
www='{"direction":"INGRESS","protocol":"tcp","ports":["80-85"]},{"direction":"INGRESS","protocol":"icmp"}'
rules www "$any_out" "$www"
wait_for 10 "odd to reach db" ct_exec odd busybox ping -c 1 -W 1 10.0.0.3
ping_all odd 10.0.0.3 150 0.02 >"$tmp/ping.log" 2>&1 &
ping_pid=$!
for i in $(seq 1 20); do
	rules www "$any_out" "$www" \
		"{\"direction\":\"INGRESS\",\"protocol\":\"tcp\",\"ports\":[\"$((1000 + i))\"]}"
done
wait $ping_pid || fail "packets were lost: $(cat "$tmp/ping.log")"
grows "$tmp/talk"

say "a remote group: who joins may, who leaves may no more"
rules www "$any_out" '{"direction":"INGRESS","protocol":"tcp","ports":["80"],
	"remoteGroup":"projects/acme/securityGroups/open"}'
passes odd 10.0.0.3 80
fails web 10.0.0.3 80
port_is_now web '{"securityGroups":["projects/acme/securityGroups/default",
	"projects/acme/securityGroups/open"]}' security_groups
passes web 10.0.0.3 80
passes web fd00::3 80
passes web 10.0.0.2 80
port_is_now web '{"securityGroups":["projects/acme/securityGroups/default"]}' security_groups
fails web 10.0.0.3 80

say "an address group: what is added may, what is removed may no more"
api POST "projects/acme/addressGroups?address_group_id=good" '{}' >/dev/null
addresses() { api POST "projects/acme/addressGroups/good:$1" "{\"addresses\":[\"$2\"]}" >/dev/null; }
rules www "$any_out" '{"direction":"INGRESS","protocol":"tcp","ports":["80"],
	"addressGroup":"projects/acme/addressGroups/good"}'
fails web 10.0.0.3 80
addresses addAddresses 10.0.0.1
passes web 10.0.0.3 80
fails app 10.0.0.3 80
addresses addAddresses 10.0.0.0/30
passes app 10.0.0.3 80
addresses removeAddresses 10.0.0.1
passes web 10.0.0.3 80
addresses removeAddresses 10.0.0.0/30
fails web 10.0.0.3 80
fails app 10.0.0.3 80

say "rules about packets need both ways, and remember nothing"
group plain '{"stateful":"STATELESS"}'
rules plain '{"direction":"INGRESS","protocol":"udp","ports":["53"]}'
port_is_now db '{"securityGroups":["projects/acme/securityGroups/plain"]}' security_groups
fails web 10.0.0.3 53 udp
rules plain '{"direction":"INGRESS","protocol":"udp","ports":["53"]}' \
	'{"direction":"EGRESS","protocol":"udp"}'
passes web 10.0.0.3 53 udp
fails web 10.0.0.3 80

say "the operator denies what groups allow, to those the labels say"
port_is_now app '{"labels":{"env":"prod"}}' labels
passes web 10.0.0.2 80
api POST "infrastructure/adminPolicies?admin_policy_id=guard" '{"subject":"labels.env = \"prod\"",
	"rules":[{"direction":"INGRESS","protocol":"tcp","ports":["80"],"action":"DENY"}]}' >/dev/null
fails web 10.0.0.2 80
passes web 10.0.0.2 81
passes app 10.0.0.1 80
wait_for 20 "the drops to be told" tells 'guard denies' weft drops --host "$host"
api POST "infrastructure/adminPolicies?admin_policy_id=first" '{"subject":"labels.env = \"prod\"",
	"tier":0,"rules":[{"direction":"INGRESS","protocol":"tcp","remotePrefix":"10.0.0.1","action":"ALLOW"}]}' >/dev/null
api PATCH "infrastructure/adminPolicies/guard?update_mask=tier" '{"tier":3}' >/dev/null
passes web 10.0.0.2 80
fails web fd00::2 80
weft admin-policy delete first >/dev/null
weft admin-policy delete guard >/dev/null
passes web 10.0.0.2 80

say "an address pair: its address passes, and what it is not does not"
ip -n app addr add 10.0.0.100/24 dev eth0
no_reach_from() { # ADDRESS
	! ct_exec app busybox ping -c 1 -W 1 -I "$1" 10.0.0.1 >/dev/null 2>&1
}
no_reach_from 10.0.0.100 || fail "app sends with a foreign address"
port_is_now app '{"allowedAddressPairs":[{"ipPrefix":"10.0.0.100"}]}' allowed_address_pairs
wait_for 10 "app to reach web from its pair's address" \
	ct_exec app busybox ping -c 1 -W 1 -I 10.0.0.100 10.0.0.1
ip -n app addr add 10.0.0.101/24 dev eth0
no_reach_from 10.0.0.101 || fail "app sends with another address than its pair's"
reach web 10.0.0.100

say "nobody plays DHCP server or router, unless the port's security is off"
mac=$(hex_of_mac "$(mac_of acme app)")
mark=d0d0d0d0d0d0
offer=45000026000000004011$(printf '%04x' $((0x10000 - 0)) | tail -c 4)
of_app=fd000000000000000000000000000002 all_nodes=ff020000000000000000000000000001
server() { # expects `heard` or `not heard`
	hear web $mark
	shout app 3 "ffffffffffff${mac}080045000022000000004011${offer: -4}0a000002ffffffff00430044000e0000$mark"
	shout app 3 "333300000001${mac}86dd6000000000163aff${of_app}${all_nodes}86000000400007080000000000000000$mark"
	shout app 1 "ffffffffffff${mac}88b5beefbeefbeef$mark"
	wait_for 5 "web to hear the frame after it" heard_at_least web $mark 1
}
server
[ "$(heard web $mark)" = 1 ] || fail "DHCP offers or router advertisements of app were heard: $(heard web $mark) frames"
port_is_now app '{"portSecurity":"PORT_SECURITY_OFF"}' port_security
server
wait_for 5 "web to hear all of them" heard_at_least web $mark 7
passes web 10.0.0.2 80
fails app 10.0.0.1 81 # rules that name groups do not mean this port
port_is_now app '{"portSecurity":"PORT_SECURITY_ON","allowedAddressPairs":[]}' port_security,allowed_address_pairs
passes web 10.0.0.2 80

say "limits of packets, of broadcasts and of new connections"
serves web count 7 "$tmp/count"
wait_for 10 "web to count" test -e "$tmp/count"
flow_py app shoot 10.0.0.1 7 300
wait_for 10 "all to be counted" more_lines_than "$tmp/count" 290
port_is_now app '{"limits":{"packetsPerSecond":50}}' limits
# Some must pass, and what passed when no more comes has to fit what the limit allows in that time, and
# some hundreds for what it lets through at once.
shot() { # LEAST COMMAND...
	local least=$1
	shift
	before=$(lines "$tmp/count") began=$SECONDS
	for shot in "$@"; do flow_py app $shot; done
	wait_for 10 "$least packets of a limited port" more_lines_than "$tmp/count" $((before + least))
	seconds=$((SECONDS - began + 1))
	wait_for 10 "the last of them" stands_still "$tmp/count"
	after=$(lines "$tmp/count")
}
shot 20 "shoot 10.0.0.1 7 1000"
[ $((after - before)) -lt $((500 + 50 * seconds)) ] || fail "$((after - before)) of 1000 packets passed a limit of 50 a second"
port_is_now app '{"limits":{"broadcastPacketsPerSecond":20}}' limits
shot 95 "shoot 10.0.0.255 7 1000" "shoot 10.0.0.1 7 100"
[ $((after - before)) -lt $((500 + 20 * seconds)) ] || fail "$((after - before)) of 1100 packets passed a limit of 20 broadcasts a second"
port_is_now app '{"limits":{"newConnectionsPerSecond":5}}' limits
shot 4 "begin 10.0.0.1 7 500"
[ $((after - before)) -lt $((300 + 5 * seconds)) ] || fail "$((after - before)) of 500 connections began under a limit of 5 a second"
port_is_now app '{"limits":{}}' limits
passes app 10.0.0.1 80
