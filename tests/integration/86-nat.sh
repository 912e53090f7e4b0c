#!/bin/bash
# Real programs through network address translation: FTP in all its ways, TFTP, traceroute, and a
# server that is reached by its public address from outside, from next to it, and from itself.
#
#   c  10.0.0.1 (port 1) --+            +-- (port 2) 198.51.100.1  r  192.0.2.1 --- 192.0.2.2  s
#   c2 10.0.0.2 (port 3) --+-- switch --+
#
# To the outside c and c2 are 198.51.100.10; 198.51.100.9 is c.
limit=200
. "$(dirname "$0")/lib.sh"

sw=tcp:127.0.0.1:6654
gateway_mac=02:00:00:00:00:fe

# Addresses are all known beforehand, so that the flows need not be about ARP.
host() { # NAME NUMBER ADDRESS
	ct_start "$1"
	ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	switch port add "p$2" --type tap --option "netns=$1" --option ifname=eth0 --number "$2" >/dev/null
	ip -n "$1" link set eth0 address "02:00:00:00:00:0$2"
	ip -n "$1" addr add "$3/24" dev eth0
	ip -n "$1" link set eth0 up
	ip -n "$1" link set lo up
}

start_dataplane --controller none
host c 1 10.0.0.1
host r 2 198.51.100.1
host c2 3 10.0.0.2
for name in c c2; do
	ip -n $name neigh replace 10.0.0.254 lladdr $gateway_mac dev eth0 nud permanent
	ip -n $name route add default via 10.0.0.254
done
for address in 198.51.100.9 198.51.100.10 198.51.100.254; do
	ip -n r neigh replace $address lladdr $gateway_mac dev eth0 nud permanent
done
ip -n r route add 10.0.0.0/24 via 198.51.100.254
ct_start s
ip -n r link add eth1 type veth peer name eth0 netns s
ip -n r addr add 192.0.2.1/24 dev eth1
ip -n r link set eth1 up
ip -n s addr add 192.0.2.2/24 dev eth0
ip -n s link set eth0 up
ip -n s link set lo up
ip -n s route add default via 192.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0

program() { # flows on standard input
	ovs-ofctl -O OpenFlow13 del-flows $sw
	ovs-ofctl -O OpenFlow13 add-flows $sw -
}

to_c=set_field:02:00:00:00:00:01-\>eth_dst,set_field:$gateway_mac-\>eth_src
to_r=set_field:02:00:00:00:00:02-\>eth_dst,set_field:$gateway_mac-\>eth_src
to_c2=set_field:02:00:00:00:00:03-\>eth_dst,set_field:$gateway_mac-\>eth_src

# Out is free, in is what answers or is expected; NAT is "" or the action.
firewall() { # NAT SOURCE-NAT
	program <<-END
		table=0,ip,actions=ct(zone=1${1:+,$1},table=1)
		table=1,priority=9,in_port=1,tcp,tp_dst=21,ct_state=+trk+new,actions=ct(commit,zone=1${2:+,$2},alg=ftp),$to_r,output:2
		table=1,priority=9,in_port=1,udp,tp_dst=69,ct_state=+trk+new,actions=ct(commit,zone=1${2:+,$2},alg=tftp),$to_r,output:2
		table=1,priority=8,in_port=2,ip,ct_state=+trk+new+rel,actions=ct(commit,zone=1${1:+,$1}),$to_c,output:1
		table=1,priority=7,in_port=1,ip,ct_state=+trk+new,actions=ct(commit,zone=1${2:+,$2}),$to_r,output:2
		table=1,priority=6,in_port=1,ip,ct_state=+trk-new-inv,actions=$to_r,output:2
		table=1,priority=6,in_port=2,ip,ct_state=+trk-new-inv,actions=$to_c,output:1
	END
}

listens() { ip netns exec "$1" ss -Hltun "sport = :$2" | grep -q .; } # NAME PORT

mkdir "$tmp/files"
head -c 300000 /dev/urandom >"$tmp/files/file"
chmod -R a+rwX "$tmp" "$tmp/files"

ftp_server() { # NAME
	ip netns exec "$1" /usr/bin/python3 -m pyftpdlib -p 21 -w -d "$tmp/files" \
		>>"$tmp/ftpd-$1.log" 2>&1 </dev/null 9>&- &
	wait_for 10 "the FTP server in $1" listens "$1" 21
}

# A file comes as it is and goes as it is, in each of the four ways to agree on a connection.
ftp_works() { # FROM ADDRESS WHAT [WAYS...]
	local from=$1 address=$2 what=$3 way ways
	shift 3
	ways=("$@")
	[ $# -gt 0 ] || ways=("--disable-epsv --no-ftp-skip-pasv-ip" "--ftp-pasv" "-P - --disable-eprt" "-P -")
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086
		timeout 100 ip netns exec "$from" curl -sS $way -o "$tmp/got" "ftp://$address/file" ||
			fail "$what: no file by FTP with $way"
		cmp "$tmp/got" "$tmp/files/file" || fail "$what: another file with $way"
		# shellcheck disable=SC2086
		timeout 100 ip netns exec "$from" curl -sS $way -T "$tmp/got" "ftp://$address/put" ||
			fail "$what: no file could be put with $way"
		wait_for 5 "all of the file" cmp "$tmp/got" "$tmp/files/put"
		rm "$tmp/files/put"
	done
}

say "FTP without NAT"
ftp_server s
firewall "" ""
ftp_works c 192.0.2.2 "without NAT"

say "FTP through source NAT"
source_nat="nat(src=198.51.100.10)"
firewall nat "$source_nat"
ftp_works c 192.0.2.2 "through source NAT"
says '192\.0\.2\.2.*198\.51\.100\.10' switch conntrack list

say "FTP is not let through without a helper"
program <<-END
	table=0,ip,actions=ct(zone=1,nat,table=1)
	table=1,in_port=2,ip,ct_state=+trk+est,actions=$to_c,output:1
	table=1,in_port=1,ip,ct_state=+trk+new,actions=ct(commit,zone=1,$source_nat),$to_r,output:2
	table=1,in_port=1,ip,ct_state=+trk+est,actions=$to_r,output:2
END
refused . timeout 100 ip netns exec c curl -sS -P - --disable-eprt -m 20 -o "$tmp/got" ftp://192.0.2.2/file

say "TFTP"
ip netns exec s in.tftpd -L -a 192.0.2.2:69 -s "$tmp/files" -u root >>"$tmp/tftpd.log" 2>&1 </dev/null 9>&- &
wait_for 10 "the TFTP server" listens s 69
for nat in "" nat; do
	firewall "$nat" "${nat:+$source_nat}"
	rm -f "$tmp/got"
	timeout 100 ip netns exec c curl -sS -o "$tmp/got" tftp://192.0.2.2/file || fail "no file by TFTP ($nat)"
	cmp "$tmp/got" "$tmp/files/file"
done

say "traceroute, and errors of the far end"
says '1  198\.51\.100\.1 ' ip netns exec c busybox traceroute -n -w 10 -q 1 -m 1 192.0.2.2
says '2  192\.0\.2\.2 ' ip netns exec c busybox traceroute -n -w 10 -q 1 -m 2 192.0.2.2
says '1  198\.51\.100\.1 ' ip netns exec c busybox traceroute -I -n -w 10 -q 1 -m 1 192.0.2.2
says '2  192\.0\.2\.2 ' ip netns exec c busybox traceroute -I -n -w 10 -q 1 -m 2 192.0.2.2
for size in 56 4000 20000; do # the larger ones in fragments
	ip netns exec c busybox ping -c 1 -W 20 -s $size 192.0.2.2 >/dev/null || fail "no echo of $size bytes through NAT"
done

say "one address for two clients"
program <<-END
	table=0,ip,actions=ct(zone=1,nat,table=1)
	table=1,in_port=1,ip,ct_state=+trk+new,actions=ct(commit,zone=1,$source_nat),$to_r,output:2
	table=1,in_port=3,ip,ct_state=+trk+new,actions=ct(commit,zone=1,$source_nat),$to_r,output:2
	table=1,in_port=1,ip,ct_state=+trk-new-inv,actions=$to_r,output:2
	table=1,in_port=3,ip,ct_state=+trk-new-inv,actions=$to_r,output:2
	table=1,in_port=2,ip,nw_dst=10.0.0.1,ct_state=+trk-new-inv,actions=$to_c,output:1
	table=1,in_port=2,ip,nw_dst=10.0.0.2,ct_state=+trk-new-inv,actions=$to_c2,output:3
END
mkdir "$tmp/www"
echo "it is s" >"$tmp/www/s"
echo "it is c" >"$tmp/www/c"
web_server() { # NAME
	ip netns exec "$1" /usr/bin/python3 -m http.server --directory "$tmp/www" 80 \
		>>"$tmp/httpd-$1.log" 2>&1 </dev/null 9>&- &
	wait_for 10 "the web server in $1" listens "$1" 80
}
web_server s
for i in 1 2 3; do
	for name in c c2; do
		says 'it is s' timeout 100 ip netns exec $name curl -sS --local-port $((40000 + i)) http://192.0.2.2/s
		ip netns exec $name busybox ping -c 1 -W 20 192.0.2.2 >/dev/null || fail "$name: no echo"
	done
done

say "a server behind its public address, from outside, from next to it and from itself"
web_server c
program <<-END
	table=0,priority=9,ip,nw_dst=198.51.100.9,actions=ct(zone=1,nat,table=1)
	table=0,priority=8,in_port=1,ip,nw_dst=198.51.100.10,actions=ct(zone=2,nat,table=3)
	table=0,priority=7,in_port=1,ip,actions=ct(zone=1,nat,table=4)
	table=1,ip,ct_state=+trk+new,tcp,tp_dst=21,actions=ct(commit,zone=1,nat(dst=10.0.0.1),alg=ftp),resubmit(,2)
	table=1,ip,ct_state=+trk+new+rel,actions=ct(commit,zone=1,nat),resubmit(,2)
	table=1,priority=0,ip,ct_state=+trk+new,actions=ct(commit,zone=1,nat(dst=10.0.0.1)),resubmit(,2)
	table=1,ip,ct_state=+trk-new-inv,actions=resubmit(,2)
	table=2,priority=9,in_port=2,ip,actions=$to_c,output:1
	table=2,priority=8,in_port=1,ip,actions=ct(commit,zone=2,$source_nat),$to_c,in_port
	table=2,priority=7,ip,actions=ct(commit,zone=2,$source_nat),$to_c,output:1
	table=3,ip,actions=ct(zone=1,nat,table=4)
	table=4,ip,nw_dst=10.0.0.2,actions=$to_c2,output:3
	table=4,ip,nw_dst=10.0.0.1,actions=$to_c,in_port
	table=4,priority=0,ip,actions=$to_r,output:2
END
ip -n r route add 198.51.100.9/32 via 198.51.100.254
for name in s c2 c; do
	for i in 1 2 3; do
		says 'it is c' timeout 100 ip netns exec $name curl -sS http://198.51.100.9/c
	done
done

say "FTP to a server behind its public address"
ftp_server c
ftp_works s 198.51.100.9 "through destination NAT" "--disable-epsv --no-ftp-skip-pasv-ip" "--ftp-pasv"
stop $dataplane_pid TERM
