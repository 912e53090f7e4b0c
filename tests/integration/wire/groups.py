#!/usr/bin/env python3
"""groups.py SWITCH CONTAINER...: every type of group, in chains, with liveness, and meters: the
exact frames that must come out, of every port."""
import sys

from scapy.all import IP, UDP

from packets import *
from world import World, changed

SWITCH, CONTAINERS = sys.argv[1], sys.argv[2:]
world = World(SWITCH, CONTAINERS)
to_group = ["actions=group:1"]
put9 = "set_field:9.9.9.9->ip_src"


def from9(packet):
    return changed(packet, lambda p: setattr(p[IP], "src", "9.9.9.9"))


world.case("all: a copy for each bucket, unlike the others", ["udp,actions=group:1"], udp,
           {2: from9(udp), 3: udp, 4: vlan(udp, 5)},
           ["group_id=1,type=all,bucket=%s,output:2,bucket=output:3,"
            "bucket=push_vlan:0x8100,set_field:4101->vlan_vid,output:4" % put9])
world.case("all: without buckets", to_group, udp, {}, ["group_id=1,type=all"])
world.case("all: two copies out of one port", to_group, udp, {2: [udp, udp]},
           ["group_id=1,type=all,bucket=output:2,bucket=output:2"])
world.case("indirect", ["udp,actions=group:1"], udp, {2: from9(udp)},
           ["group_id=1,type=indirect,bucket=%s,output:2" % put9])
world.case("the packet goes on unchanged", ["udp,actions=group:1,output:3"], udp,
           {2: from9(udp), 3: udp}, ["group_id=1,type=indirect,bucket=%s,output:2" % put9])
world.case("changes before the group are seen in it", ["udp,actions=%s,group:1" % put9], udp,
           {2: from9(udp)}, ["group_id=1,type=all,bucket=output:2"])
world.case("in an action set", ["udp,actions=write_actions(group:1,%s)" % put9], udp,
           {2: from9(udp)}, ["group_id=1,type=all,bucket=output:2"])
world.case("in an action set the group goes before the output",
           ["actions=write_actions(output:3,group:1)"], udp, {2: udp},
           ["group_id=1,type=all,bucket=output:2"])
world.case("a chain of groups", ["udp,actions=group:1"], udp, {2: from9(udp), 3: udp},
           ["group_id=3,type=indirect,bucket=output:2",
            "group_id=2,type=all,bucket=%s,group:3" % put9,
            "group_id=1,type=all,bucket=group:2,bucket=output:3"])
world.case("a bucket is an action set: its output comes last", ["udp,actions=group:1"], udp,
           {2: from9(udp)}, ["group_id=1,type=indirect,bucket=output:2,%s" % put9])
world.case("back where it came from", to_group, udp, {1: udp},
           ["group_id=1,type=all,bucket=output:1,bucket=in_port"])

# Fast failover: the first bucket that is alive.
failover = ["group_id=1,type=ff,bucket=watch_port:2,output:2,bucket=watch_port:3,output:3"]
world.case("failover: the first", to_group, udp, {2: udp}, failover)
world.port(2, "down")
world.check("failover: port 2 is down", udp, {3: udp})
world.port(3, "down")
world.check("failover: nobody is alive", udp, {})
world.port(2, "up")
world.port(3, "up")
world.check("failover: back", udp, {2: udp})
world.link(2, "down")
world.check("failover: the link of port 2 is down", udp, {3: udp})
world.link(2, "up")
world.check("failover: the link is back", udp, {2: udp})
nested = ["group_id=2,type=ff,bucket=watch_port:2,output:2",
          "group_id=1,type=ff,bucket=watch_group:2,group:2,bucket=watch_port:4,output:4"]
world.case("failover: a watched group", to_group, udp, {2: udp}, nested)
world.port(2, "down")
world.check("failover: the watched group is dead", udp, {4: udp})
world.port(2, "up")

# Select: one bucket, the same for all packets of a flow, all of them used, none of weight 0.
world.program(to_group, ["group_id=1,type=select,bucket=weight:1,output:2,bucket=weight:3,output:3,"
                         "bucket=weight:0,output:4"])
flows, used = 128, {2: 0, 3: 0}
for i in range(flows):
    packet = changed(udp, lambda p: setattr(p[UDP], "sport", 2000 + i))
    ports = []
    for _ in range(3):
        world.ports[1].send(bytes(packet))
        came = world.fence(1)
        ports += [p for p, frames in came.items() for f in frames]
        assert all(f == bytes(packet) for frames in came.values() for f in frames)
    assert len(ports) == 3 and len(set(ports)) == 1, "select: flow %d went to %s" % (i, ports)
    used[ports[0]] = used.get(ports[0], 0) + 1
    world.n_cases += 3
assert set(used) == {2, 3} and used[3] > used[2] > 0, "select: %s flows by port" % used
world.program(to_group, ["group_id=1,type=select,bucket=weight:1,watch_port:2,output:2,"
                         "bucket=weight:1,watch_port:3,output:3"])
world.port(2, "down")
for i in range(16):
    packet = changed(udp, lambda p: setattr(p[UDP], "sport", 2000 + i))
    world.check("select: the living bucket", packet, {3: packet})
world.port(2, "up")

# Statistics are exact, at once.
world.case("counted", to_group, udp, {2: udp, 3: udp},
           ["group_id=1,type=all,bucket=output:2,bucket=output:3"])
said = world.ofctl("dump-group-stats", SWITCH)
for wanted in ("ref_count=1", "packet_count=1,byte_count=%d,bucket0:packet_count=1,byte_count=%d,"
               "bucket1:packet_count=1,byte_count=%d" % ((len(udp),) * 3)):
    assert wanted in said, "%s is not in %s" % (wanted, said)

# Meters.  A burst of 3 packets, and 1 a second after it.
METER = "meter=1,pktps,burst,stats,band=type=drop,rate=1,burst_size=3"
world.case("meter: the first passes", ["actions=meter:1,output:2"], udp, {2: udp}, meters=[METER])
came = [len(world.fence(1).get(2, [])) for _ in range(10) if world.ports[1].send(bytes(udp))]
assert sum(came) < 10, "the meter let all of %d packets pass" % len(came)
said = world.ofctl("meter-stats", SWITCH)
assert "packet_in_count:11" in said, said
assert "packet_count:%d" % (10 - sum(came)) in said, said
remark = "meter=1,pktps,burst,stats,band=type=dscp_remark,rate=1,prec_level=1,burst_size=1"
af11 = changed(udp, lambda p: setattr(p[IP], "tos", 10 << 2))
af12 = changed(udp, lambda p: setattr(p[IP], "tos", 12 << 2))
world.program(["actions=meter:1,output:2"], meters=[remark])
got = []
for _ in range(10):
    world.ports[1].send(bytes(af11))
    got += world.fence(1)[2]
assert set(got) <= {bytes(af11), bytes(af12)} and bytes(af12) in got, "no packet was remarked"
print("%d frames were exactly right" % world.n_cases)
