"""What the wire tests stand on: four containers, each at a port of the switch, and exact frames.

A case programs the switch, sends one frame at one port, and compares all that comes out of every
port with what must.  Nothing waits for a time to pass: behind the frame goes another, the fence,
which the switch sends to all ports, so what has not come before the fence does not come at all."""
import ctypes
import os
import socket
import subprocess
import tempfile
import time

from scapy.all import Ether, Packet, Raw

FENCE_TYPE = 0x88B7
libc = ctypes.CDLL(None, use_errno=True)


def raw_socket(container):
    """On eth0 of the container; the socket stays there when we leave."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + container, os.O_RDONLY)
    assert libc.setns(there, 0) == 0
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    # Tags are to be read from the frame, not from what the kernel tells beside it.
    s.bind(("eth0", 0))
    s.settimeout(60)
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    assert libc.setns(home, 0) == 0
    os.close(home)
    os.close(there)
    return s


SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6


def with_tag(data, ancillary):
    """The kernel takes the outermost VLAN tag out of a frame; put it back."""
    for level, kind, aux in ancillary:
        if level != SOL_PACKET or kind != PACKET_AUXDATA:
            continue
        status = int.from_bytes(aux[0:4], "little")
        if status & TP_STATUS_VLAN_VALID:
            tpid = 0x8100
            if status & TP_STATUS_VLAN_TPID_VALID:
                tpid = int.from_bytes(aux[18:20], "little")
            tci = int.from_bytes(aux[16:18], "little")
            tag = tpid.to_bytes(2, "big") + tci.to_bytes(2, "big")
            return data[:12] + tag + data[12:]
    return data


def describe(frame):
    return "%s\n    %s" % (frame.hex(), Ether(frame).summary())


class World:
    def __init__(self, switch, containers):
        self.switch = switch
        self.containers = containers
        self.version = "OpenFlow15"
        self.ports = {i + 1: raw_socket(c) for i, c in enumerate(containers)}
        self.n_cases = 0
        self.n_fences = 0
        self.down = set()  # ports that nothing comes out of

    def ofctl(self, *args, version=None):
        done = subprocess.run(["ovs-ofctl", "-O", version or self.version, *args], timeout=200,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, "ovs-ofctl %s: %s" % (" ".join(args), done.stdout)
        return done.stdout

    def program(self, flows, groups=(), meters=()):
        """Replace all that the switch has; one bundle, acknowledged."""
        out = ",".join("output:%d" % p for p in self.ports)
        lines = ["flow delete", "group delete group_id=all"]
        lines += ["group add " + g for g in groups]
        lines += ["flow add priority=65535,eth_type=0x%x,actions=in_port,%s" % (FENCE_TYPE, out)]
        lines += ["flow add " + f for f in flows]
        self.ofctl("del-meters", self.switch)
        for m in meters:
            self.ofctl("add-meter", self.switch, m)
        with tempfile.NamedTemporaryFile("w") as f:
            f.write("\n".join(lines) + "\n")
            f.flush()
            self.ofctl("bundle", self.switch, f.name)

    def port(self, number, state):
        """Configure a port down, or up again."""
        self.ofctl("mod-port", self.switch, str(number), state)
        self.down ^= {number}

    def link(self, number, state):
        """What somebody in the container may do; returns when the switch tells of it."""
        subprocess.run(["ip", "-n", self.containers[number - 1], "link", "set", "eth0", state],
                       check=True)
        end = time.monotonic() + 100
        while time.monotonic() < end:
            said = self.ofctl("dump-ports-desc", self.switch, str(number))
            if ("LINK_DOWN" in said) == (state == "down"):
                break
        else:
            raise AssertionError("port %d: the link is %s, and the switch does not see it" %
                                 (number, state))
        self.ports[number].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # it was down
        self.down ^= {number}

    def receive(self, port):
        while True:
            data, ancillary, _, address = self.ports[port].recvmsg(65536, 256)
            if address[2] != PACKET_OUTGOING:
                return with_tag(data, ancillary)

    def fence(self, port):
        """What every port gave out until now."""
        self.n_fences += 1
        mark = b"fence %d" % self.n_fences
        frame = b"\2" + bytes(5) + b"\2" + bytes(5) + FENCE_TYPE.to_bytes(2, "big") + mark
        self.ports[port].send(frame.ljust(60, b"\0"))
        came = {}
        for p in self.ports.keys() - self.down:
            while mark not in (frame := self.receive(p)):
                came.setdefault(p, []).append(frame)
        return came

    def check(self, name, send, want, port=1):
        """SEND goes in at PORT; WANT is {port: frame or list of frames}."""
        self.ports[port].send(bytes(send))
        came = self.fence(port)
        want = {p: [bytes(f) for f in (w if isinstance(w, list) else [w])]
                for p, w in want.items()}
        if came != want:
            lines = ["%s: sent at port %d %s" % (name, port, describe(bytes(send)))]
            for title, frames in ("came out", came), ("and not", want):
                lines += ["  %s" % title]
                lines += ["  port %d: %s" % (p, describe(f)) for p in sorted(frames)
                          for f in frames[p]]
            raise AssertionError("\n".join(lines))
        self.n_cases += 1

    def case(self, name, flows, send, want, groups=(), meters=(), port=1):
        try:
            self.program(flows, groups, meters)
            self.check(name, send, want, port)
        except (AssertionError, socket.timeout) as why:
            raise SystemExit("%s: %s" % (name, why or "nothing came, not even the fence"))


def without_sums(packet):
    """A copy whose checksums and lengths are computed when it is made into bytes."""
    packet = packet.__class__(bytes(packet)) if isinstance(packet, Packet) else Ether(packet)
    layer = packet
    while layer and not isinstance(layer, Raw):
        for name in "chksum", "cksum":
            if name in layer.fields:
                delattr(layer, name)
        layer = layer.payload
    return packet


def changed(packet, change):
    copy = without_sums(packet)
    change(copy)
    return copy
