#!/bin/bash
# Two tenants with the same addresses on one switch: who reaches whom, what broadcast reaches, and
# that nobody sends under another's name.
#
#      acme/blue 10.0.0.0/24, fd00::/64         globex/red 10.0.0.0/24, fd00::/64
#      a1 .1    a2 .2    a3 .3                  r1 .1    r2 .2
#       |        |        |                      |        |
#     ==+========+========+====  weft-dataplane ==+=======+==
limit=120
. "$(dirname "$0")/lib.sh"

start_both
for tenant in "acme blue" "globex red"; do
	set -- $tenant
	weft project create "$1"
	weft network create "$2" --project "$1" --subnet 10.0.0.0/24 --subnet6 fd00::/64
done
for n in 1 2 3; do container acme blue a$n --ip 10.0.0.$n --ip fd00::$n; done
for n in 1 2; do container globex red r$n --ip 10.0.0.$n --ip fd00::$n; done

say "inside a network, IPv4 and IPv6"
reach a1 10.0.0.2
reach a1 fd00::3
reach a3 10.0.0.1
reach r1 10.0.0.2
reach r2 fd00::1

say "between the tenants: the same address is somebody else, and what only acme has is not there"
no_reach r1 10.0.0.3
no_reach r2 fd00::3

say "broadcast reaches all of the network and nobody else"
mark=b20ad0ca5700
for c in a2 a3 r1 r2; do hear $c $mark; done
shout a1 5 "ffffffffffff$(hex_of_mac "$(mac_of acme a1)")88b5$mark"
wait_for 5 "a2 to hear the broadcast" heard_at_least a2 $mark 5
wait_for 5 "a3 to hear the broadcast" heard_at_least a3 $mark 5
[ "$(heard a2 $mark)" = 5 ] || fail "a2 heard $(heard a2 $mark) copies of 5 broadcasts"
[ "$(heard r1 $mark)" = 0 ] && [ "$(heard r2 $mark)" = 0 ] || fail "globex heard acme's broadcast"

say "a unicast for nobody is not flooded"
mark=0bad0bad0bad
for c in a2 a3; do hear $c $mark; done
shout a1 5 "02dead00beef$(hex_of_mac "$(mac_of acme a1)")88b5$mark"
shout a1 1 "ffffffffffff$(hex_of_mac "$(mac_of acme a1)")88b5$mark"
wait_for 5 "a2 to hear the broadcast sent after it" heard_at_least a2 $mark 1
[ "$(heard a2 $mark)" = 1 ] && [ "$(heard a3 $mark)" = 1 ] || fail "unknown unicast was flooded"

# What a1 sends under a false name must not arrive, and be counted as port a1's.
spoofed() { # WHAT MARK FRAME
	local before
	hear a2 "$2"
	before=$(spoof_drops)
	shout a1 3 "$3"
	shout a1 1 "ffffffffffff${a1}88b5$2"
	wait_for 5 "a2 to hear the honest frame" heard_at_least a2 "$2" 1
	[ "$(heard a2 "$2")" = 1 ] || fail "$1 reached a2"
	wait_for 10 "$1 to be counted" spoof_drops_reach $((before + 3))
	say "$1 is dropped and counted for port a1"
}
spoof_drops_reach() { [ "$(spoof_drops)" -ge "$1" ]; } # COUNT
spoof_drops() {
	weft drops --project acme -o json |
		jq '[.drops[]? | select(.app == "spoof" and .resource == "projects/acme/ports/a1") |
			.packets | tonumber] | add // 0'
}

a1=$(hex_of_mac "$(mac_of acme a1)")
a2=$(hex_of_mac "$(mac_of acme a2)")
ip1=$(hex_of_ip 10.0.0.1) ip2=$(hex_of_ip 10.0.0.2) ip9=$(hex_of_ip 10.0.0.9)
udp=4500002400000000401166c1
spoofed "a frame with a foreign MAC address" aaaaaaaaaa01 "${a2}02666666666688b5aaaaaaaaaa01"
spoofed "a packet with a foreign IPv4 address" aaaaaaaaaa02 \
	"$a2${a1}0800$udp$ip9$ip2${ip2}00100000aaaaaaaaaa02"
spoofed "an ARP reply for a foreign address" aaaaaaaaaa03 \
	"$a2${a1}08060001080006040002$a1$ip9$a2${ip2}aaaaaaaaaa03"
spoofed "an ARP reply with a foreign MAC" aaaaaaaaaa04 \
	"$a2${a1}08060001080006040002026666666666$ip1$a2${ip2}aaaaaaaaaa04"
spoofed "a packet with a foreign IPv6 address" aaaaaaaaaa05 \
	"$a2${a1}86dd60000000000e1140fd000000000000000000000000000009fd000000000000000000000000000002${ip2}000e0000aaaaaaaaaa05"

say "trace tells the same story"
says '[Dd]rop' weft trace --project acme --port a1 "eth_dst=$(mac_of acme a2),eth_type=0x0800,ipv4_src=10.0.0.9,ipv4_dst=10.0.0.2"
says 'a2' weft trace --project acme --port a1 "eth_dst=$(mac_of acme a2),eth_type=0x0800,ipv4_dst=10.0.0.2"
