"""A small OpenFlow 1.3 client for tests: plain sockets and bytes, no library."""
import socket
import struct

HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = 0, 1, 2, 3
FLOW_MOD, MULTIPART_REQUEST, MULTIPART_REPLY, BARRIER_REQUEST, BARRIER_REPLY = 14, 18, 19, 20, 21
PACKET_IN = 10
UNASKED = PACKET_IN, 11, 12  # and flow-removed, port-status
GROUP_MOD, METER_MOD = 15, 29
ADD, MODIFY, MODIFY_STRICT, DELETE, DELETE_STRICT = range(5)
NO_BUFFER = ANY = 0xFFFFFFFF
IN_PORT, METADATA, ETH_TYPE = 0, 2, 5
EXPERIMENTER, ONF, BUNDLE_CTRL, BUNDLE_ADD = 4, 0x4F4E4600, 2300, 2301


def match(**fields):
    """in_port=1, eth_type=0x88b5"""
    oxm = b""
    if "in_port" in fields:
        oxm += struct.pack("!HBBI", 0x8000, IN_PORT << 1, 4, fields["in_port"])
    if "metadata" in fields:
        oxm += struct.pack("!HBBQ", 0x8000, METADATA << 1, 8, fields["metadata"])
    if "eth_type" in fields:
        oxm += struct.pack("!HBBH", 0x8000, ETH_TYPE << 1, 2, fields["eth_type"])
    body = struct.pack("!HH", 1, 4 + len(oxm)) + oxm
    return body + bytes(-len(body) % 8)


def output(port):
    """The instruction that applies one output; none is a drop."""
    if port is None:
        return b""
    return apply(output_action(port))


def output_action(port):
    return struct.pack("!HHIHxxxxxx", 0, 16, port, 0xFFFF)


def apply(*actions):
    """The instruction that applies packed actions."""
    body = b"".join(actions)
    return struct.pack("!HHxxxx", 4, 8 + len(body)) + body


def group_action(group):
    return struct.pack("!HHI", 22, 8, group)


def meter(number):
    return struct.pack("!HHI", 6, 8, number)


def goto(table, metadata=None):
    write = b"" if metadata is None else struct.pack("!HHxxxxQQ", 2, 24, metadata, 2**64 - 1)
    return write + struct.pack("!HHBxxx", 1, 8, table)


class Switch:
    def __init__(self, address):
        self.s = socket.create_connection(address)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s.settimeout(60)
        self.xid = 0
        self.buffer = b""
        self.send(HELLO, struct.pack("!HHI", 1, 8, 1 << 4))
        assert self.receive()[0] == HELLO

    def pack(self, kind, body=b""):
        self.xid += 1
        return struct.pack("!BBHI", 4, kind, 8 + len(body), self.xid) + body

    def send(self, kind, body=b""):
        self.s.sendall(self.pack(kind, body))
        return self.xid

    def receive(self):
        """(type, xid, body) of the next message; echo requests are answered."""
        while True:
            while len(self.buffer) < 8 or len(self.buffer) < self.size():
                data = self.s.recv(65536)
                if not data:
                    raise ConnectionError("the switch closed the connection")
                self.buffer += data
            size = self.size()
            message, self.buffer = self.buffer[:size], self.buffer[size:]
            _, kind, _, xid = struct.unpack("!BBHI", message[:8])
            if kind == ERROR:
                raise RuntimeError("the switch answered with error %s" % message[8:12].hex())
            if kind != ECHO_REQUEST:
                return kind, xid, message[8:]
            self.s.sendall(struct.pack("!BBHI", 4, ECHO_REPLY, 8, xid))

    def size(self):
        return struct.unpack("!H", self.buffer[2:4])[0]

    def expect(self, kind, xid):
        got = self.receive()
        while got[0] in UNASKED:
            got = self.receive()
        assert got[:2] == (kind, xid), "expected %s, got %s" % ((kind, xid), got[:2])
        return got[2]

    def flow_mod(self, command, what, port=None, table=0, priority=100, cookie=0, does=None):
        """Packed, not sent, so that several messages can go in one write.  DOES: instructions
        other than an output to PORT."""
        head = struct.pack("!QQBBHHHIIIHxx", cookie, 0, table, command, 0, 0, priority, NO_BUFFER, ANY,
                           ANY, 0)
        return self.pack(FLOW_MOD, head + what + (does or output(port) if command < DELETE else b""))

    def group_mod(self, command, group, port=None):
        """An indirect group that outputs to PORT; none is for deletion."""
        bucket = b""
        if port:
            bucket = struct.pack("!HHIIxxxx", 32, 0, ANY, ANY) + output_action(port)
        return self.pack(GROUP_MOD, struct.pack("!HBxI", command, 2, group) + bucket)

    def meter_mod(self, command, number, rate, burst):
        """Packets a second, and so many at once; the others are dropped."""
        band = struct.pack("!HHIIxxxx", 1, 16, rate, burst)
        return self.pack(METER_MOD, struct.pack("!HHI", command, 2 | 4 | 8, number) + band)

    def change(self, *messages):
        """Send them and a barrier in one go, and wait for its reply."""
        barrier = self.pack(BARRIER_REQUEST)
        xid = self.xid
        self.s.sendall(b"".join(messages) + barrier)
        self.expect(BARRIER_REPLY, xid)

    def bundle(self, *messages):
        """The same as a bundle; what is waited for is the reply to the commit."""
        ident = self.xid = self.xid + 1
        parts = [self.bundle_part(BUNDLE_CTRL, ident, 0)]
        for message in messages:
            # The message in the bundle has the xid of the one that carries it.
            parts.append(self.bundle_part(BUNDLE_ADD, ident, 0, message[:4], message[8:]))
        parts.append(self.bundle_part(BUNDLE_CTRL, ident, 4))
        xid = self.xid
        self.s.sendall(b"".join(parts))
        while self.receive()[1] != xid:  # the reply to the opening comes before
            pass

    def bundle_part(self, exp_type, ident, kind, *inner):
        head = struct.pack("!III", ONF, exp_type, ident)
        if exp_type == BUNDLE_CTRL:
            return self.pack(EXPERIMENTER, head + struct.pack("!HH", kind, 3))
        xid = struct.pack("!I", self.xid + 1)
        return self.pack(EXPERIMENTER, head + struct.pack("!HH", 0, 3) + inner[0] + xid + inner[1])

    def count(self, what, table=0, cookie=0):
        """Packets that flows at least as specific as WHAT, with that cookie, have counted."""
        return self.aggregate(what, table, cookie)[0]

    def n_flows(self, what, table=0):
        return self.aggregate(what, table, 0, 0)[2]

    def aggregate(self, what, table, cookie, cookie_mask=2**64 - 1):
        """(packets, bytes, flows)"""
        request = struct.pack("!HHxxxxBxxxIIxxxxQQ", 2, 0, table, ANY, ANY, cookie,
                              cookie_mask) + what
        body = self.expect(MULTIPART_REPLY, self.send(MULTIPART_REQUEST, request))
        return struct.unpack("!QQI", body[8:28])
