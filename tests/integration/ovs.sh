# An Open vSwitch (userspace datapath) in the test's world, as the switch of the controller in the
# place of weft-dataplane; or that, for tests that hold on both.  After lib.sh.

export OVS_RUNDIR=$tmp OVS_LOGDIR=$tmp OVS_DBDIR=$tmp OVS_SYSCONFDIR=$tmp
vsctl() { ovs-vsctl --no-syslog --timeout=20 --db="unix:$tmp/db.sock" "$@"; }
ofctl() { ovs-ofctl --no-names -O OpenFlow13 "$@"; }

start_ovs() {
	ovsdb-tool create "$tmp/conf.db" /usr/share/openvswitch/vswitch.ovsschema
	ovsdb-server "$tmp/conf.db" --remote="punix:$tmp/db.sock" --unixctl="$tmp/ovsdb.ctl" \
		-vconsole:off --log-file="$tmp/ovsdb.log" >/dev/null 2>&1 &
	wait_for 10 "the database" vsctl --no-wait init
	ovs-vswitchd "unix:$tmp/db.sock" --unixctl="$tmp/vswitchd.ctl" -vconsole:off \
		--log-file="$tmp/vswitchd.log" >/dev/null 2>&1 &
	vsctl -- add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure \
		protocols=OpenFlow13 other-config:datapath-id=00000000000000aa \
		other-config:dp-desc=ovs1 other-config:disable-in-band=true \
		-- set-controller br0 tcp:127.0.0.1:6653 \
		-- set controller br0 max_backoff=1000
}

# A container with one end of a veth pair; the other is plugged under the port's name.
external_container() { # PROJECT NETWORK NAME IFACE-ID PORT-CREATE-OPTION...
	local project=$1 network=$2 name=$3 iface_id=$4
	shift 4
	ct_start "$name"
	weft port create "$name" --project "$project" --network "$network" "$@" >/dev/null
	ip link add "v-$name" type veth peer name eth0 netns "$name" \
		address "$(mac_of "$project" "$name")"
	ip link set "v-$name" up
	ip netns exec "$name" ethtool -K eth0 tx off >/dev/null 2>&1 || true
	vsctl add-port br0 "v-$name" -- set interface "v-$name" external_ids:iface-id="$iface_id"
	wait_for 10 "port $name to be ACTIVE" port_is "$project" "$name" ACTIVE
	container_address "$project" "$name"
}

# The controller and one switch, "weft" or "ovs".
start_world() { # KIND
	if [ "$1" = weft ]; then
		start_both
		return
	fi
	start_controller
	start_ovs
	wait_for 20 "the host to connect" host_is_connected
	weft host update ovs1 --ovsdb "unix:$tmp/db.sock" >/dev/null
}

# A container with a port of its own, on either switch.
plug_container() { # KIND PROJECT NETWORK NAME PORT-CREATE-OPTION...
	local kind=$1
	shift
	if [ "$kind" = weft ]; then
		container "$@"
	else
		external_container "$1" "$2" "$3" "projects/$1/ports/$3" "${@:4}"
	fi
}
