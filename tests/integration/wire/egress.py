"""Egress tables (OF 1.5.1 section 5.1): named by table features, then met by every output."""
import socket
import struct
import sys

from packets import *
from world import World, changed

TABLE_FEATURES, FIRST_EGRESS = 12, 1 << 4
MULTIPART_REQUEST, MULTIPART_REPLY, ERROR, HELLO = 18, 19, 1, 0


class Controller:
    """As much OpenFlow 1.5 as naming an egress table takes; ovs-ofctl has no command for it."""

    def __init__(self, address):
        self.s = socket.create_connection(address, timeout=100)
        self.xid = 0
        self.send(HELLO, struct.pack("!HHI", 1, 8, 1 << 6))
        assert self.receive()[0] == HELLO

    def send(self, kind, body):
        self.xid += 1
        self.s.sendall(struct.pack("!BBHI", 6, kind, 8 + len(body), self.xid) + body)

    def receive(self):
        _, kind, size, _ = struct.unpack("!BBHI", self.read(8))
        return kind, self.read(size - 8)

    def read(self, size):
        """So many bytes.  MSG_WAITALL does not wait for all on a socket that has a timeout."""
        data = b""
        while len(data) < size:
            data += (part := self.s.recv(size - len(data)))
            assert part, "the switch closed the connection"
        return data

    def tables(self, body=b""):
        """Table features, as bytes by table; BODY asks for others first."""
        self.send(MULTIPART_REQUEST, struct.pack("!HHxxxx", TABLE_FEATURES, 0) + body)
        found, more = {}, 1
        while more:
            kind, reply = self.receive()
            assert kind != ERROR, "the switch answered with error " + reply[:4].hex()
            if kind != MULTIPART_REPLY:
                continue
            _, more = struct.unpack("!HHxxxx", reply[:8])
            reply = reply[8:]
            while reply:
                size, table = struct.unpack("!HB", reply[:3])
                found[table] = reply[:size]
                reply = reply[size:]
        return found

    def set_features(self, table, change):
        """Change the features of a table; returns what they are then, by table."""
        # Without properties: abilities stay what they are.
        entry = bytearray(self.tables()[table][:64])
        struct.pack_into("!HBBI", entry, 0, 64, table, 1, change)
        return {t: struct.unpack("!I", b[4:8])[0] for t, b in self.tables(bytes(entry)).items()}


MAC9 = "02:00:00:00:00:09"
world = World(sys.argv[1], sys.argv[2:])
_, host, number = sys.argv[1].split(":")
controller = Controller((host, int(number)))
world.program([])
features = controller.set_features(100, FIRST_EGRESS | 2)
assert features[100] & FIRST_EGRESS and features[101] == 2 and features[99] == 1, features

leave = ["table=100,priority=0,actions=goto_table:101", "table=101,priority=0,actions=drop"]
# "drop" has no instruction: the action set that the output began with sends the packet.
rewrite = leave + ["table=100,actset_output=2,actions=set_field:%s->eth_dst,goto_table:101" % MAC9,
                   "table=100,tcp,actset_output=3,actions=clear_actions"]
world.case("egress: one port has its own rewrite, one is shut",
           ["actions=output:2,output:3,output:4"] + rewrite, tcp,
           {2: changed(tcp, lambda p: setattr(p, "dst", MAC9)), 4: tcp})
world.case("egress: what a set sends, and a group",
           ["tcp,actions=write_actions(group:1)"] + rewrite, tcp,
           {2: changed(tcp, lambda p: setattr(p, "dst", MAC9)), 4: tcp},
           groups=["group_id=1,type=all,bucket=bucket_id=1,output:2,bucket=bucket_id=2,output:3,"
                   "bucket=bucket_id=3,output:4"])
world.case("egress: outputs that it applies", ["actions=output:2"] + leave +
           ["table=100,tcp,actset_output=2,actions=output:4,goto_table:101"], tcp, {2: tcp, 4: tcp})
world.case("egress: no flow, no output", ["tcp,actions=output:2", "table=100,actset_output=3,"
           "actions=drop"] + ["table=100,eth_type=0x88b7,actions=goto_table:101"] + leave[1:],
           tcp, {})
refused = "table=100,actions=write_actions(output:2)", "table=100,actions=resubmit(,0)"
for flow in refused:
    try:
        world.ofctl("add-flow", world.switch, flow)
    except AssertionError as why:
        assert "OFPBAC" in str(why), why
    else:
        raise SystemExit("%s was taken" % flow)
world.program([])
world.ofctl("del-flows", world.switch)
assert controller.set_features(100, 1)[100] == 1
print("%d frames were exactly right" % world.n_cases)
