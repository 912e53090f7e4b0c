"""The kernel's connection tracking as a judge of packets.

    left -- tun0 -- [kernel: forwards, marks the DSCP by what conntrack says] -- tun1 -- right

To be run in a network namespace of its own, as root.
"""

import fcntl
import glob
import os
import select
import socket
import struct
import subprocess

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000

LEFT4, RIGHT4 = "10.0.1.2", "10.0.2.2"
LEFT6, RIGHT6 = "fd00:1::2", "fd00:2::2"

NEW, EST, REL, INV, UNTRACKED, REPLY = 1, 2, 4, 8, 16, 32

RULES = "\n".join(
    ["flush ruleset", "table inet t {", "chain raw { type filter hook prerouting priority -300;",
     "udp dport 9 notrack", "}",
     "chain p { type filter hook prerouting priority -150;"]
    + [f"{match} meta nfproto {family} {field} dscp set {value} accept"
       for match, value in (
           ("ct state invalid", INV), ("ct state untracked", UNTRACKED),
           ("ct state new ct direction original", NEW),
           ("ct state established ct direction original", EST),
           ("ct state established ct direction reply", EST | REPLY),
           ("ct state related ct direction original", REL),
           ("ct state related ct direction reply", REL | REPLY))
       for family, field in (("ipv4", "ip"), ("ipv6", "ip6"))]
    + ["}", "}"])

SETTINGS = {
    "net.ipv4.ip_forward": 1,
    "net.ipv6.conf.all.forwarding": 1,
    "net.ipv4.conf.all.rp_filter": 0,
    "net.ipv4.conf.default.rp_filter": 0,
    "net.netfilter.nf_conntrack_tcp_loose": 1,
    "net.netfilter.nf_conntrack_tcp_be_liberal": 0,
    "net.netfilter.nf_conntrack_tcp_ignore_invalid_rst": 0,
    "net.netfilter.nf_conntrack_checksum": 0,
}

TCP_STATES = ["NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK",
              "TIME_WAIT", "CLOSE", "SYN_SENT2"]
SCTP_STATES = ["NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT",
               "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT"]

NETLINK_NETFILTER = 12
CT_GET, CT_DELETE = 0x0101, 0x0102
ASSURED = 1 << 2


def sysctl(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w") as f:
        f.write(str(value))


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    return fd


def attribute(kind, value):
    size = 4 + len(value)
    return struct.pack("=HH", size, kind) + value + bytes(-size % 4)


def attributes(data):
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        if size < 4:
            break
        found[kind & 0x3FFF] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


class Kernel:
    def __init__(self):
        sysctl("net.ipv6.conf.default.accept_dad", 0)
        self.tuns = [tun("tun0"), tun("tun1")]
        for i, (v4, v6) in enumerate((("10.0.1.1/24", "fd00:1::1/64"), ("10.0.2.1/24", "fd00:2::1/64"))):
            device = f"tun{i}"
            sysctl(f"net.ipv6.conf.{device}.addr_gen_mode", 1)
            for command in (f"link set {device} up mtu 9000", f"addr add {v4} dev {device}",
                            f"addr add {v6} dev {device} nodad"):
                subprocess.run(["ip", *command.split()], check=True)
        for name, value in SETTINGS.items():
            sysctl(name, value)
        # A machine that stands still must not change what the kernel says.
        for path in glob.glob("/proc/sys/net/netfilter/nf_conntrack_*timeout*"):
            sysctl(path.removeprefix("/proc/sys/").replace("/", "."), 86400)
        sysctl("net.ipv4.ipfrag_time", 86400)
        subprocess.run(["nft", "-f", "-"], input=RULES.encode(), check=True)
        self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.netlink.bind((0, 0))
        self.sequence = 0

    def marker(self, side):
        """A packet that is not tracked: what went before it has come out when it does."""
        self.sequence += 1
        src, dst = (LEFT4, RIGHT4) if side == 0 else (RIGHT4, LEFT4)
        data = b"marker" + struct.pack("!I", self.sequence)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 0, 0, 64, 17, 0,
                         socket.inet_aton(src), socket.inet_aton(dst))
        words = struct.unpack("!10H", ip)
        total = sum(words)
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        ip = ip[:10] + struct.pack("!H", ~total & 0xFFFF) + ip[12:]
        return ip + struct.pack("!HHHH", 9, 9, 8 + len(data), 0) + data, data

    def judge(self, side, packets):
        """Packets (IP) from side 0 (left) or 1 (right), one after the other.  What came out on the
        other side, but for what the kernel itself sends: their marks."""
        last, ending = self.marker(side)
        for packet in [*packets, last]:
            os.write(self.tuns[side], packet)
        out = []
        while True:
            if not select.select([self.tuns[1 - side]], [], [], 60)[0]:
                raise SystemExit("the kernel forwards nothing any more")
            packet = os.read(self.tuns[1 - side], 65536)
            if packet.endswith(ending):
                return [mark for mark in out if mark]
            if packet[0] >> 4 == 4:
                out.append(packet[1] >> 2)
            else:
                out.append((packet[0] & 15) << 2 | packet[1] >> 6)

    def drain(self):
        for fd in self.tuns:
            while select.select([fd], [], [], 0)[0]:
                os.read(fd, 65536)

    def request(self, kind, flags, family, body):
        self.sequence += 1
        message = struct.pack("=IHHIIBBH", 20 + len(body), kind, 1 | flags, self.sequence, 0,
                              family, 0, 0) + body
        self.netlink.send(message)
        return self.netlink.recv(65536)

    def flush(self):
        self.request(CT_DELETE, 4, 0, b"")

    def connection(self, proto, src, dst, sport, dport):
        """State, whether it is assured and the seconds left of the connection; None: none."""
        v6 = ":" in src
        family = socket.AF_INET6 if v6 else socket.AF_INET
        ends = (attribute(3 if v6 else 1, socket.inet_pton(family, src))
                + attribute(4 if v6 else 2, socket.inet_pton(family, dst)))
        layer4 = (attribute(1, bytes([proto])) + attribute(2, struct.pack("!H", sport))
                  + attribute(3, struct.pack("!H", dport)))
        body = attribute(0x8001, attribute(0x8001, ends) + attribute(0x8002, layer4))
        answer = self.request(CT_GET, 0, family, body)
        kind = struct.unpack_from("=H", answer, 4)[0]
        if kind == 2:
            return None
        found = attributes(answer[20:])
        state = "-"
        info = attributes(found.get(4, b""))
        if proto == 6 and 1 in info:
            state = TCP_STATES[attributes(info[1])[1][0]]
        elif proto == 132 and 3 in info:
            state = SCTP_STATES[attributes(info[3])[1][0]]
        status = struct.unpack("!I", found[3])[0]
        return state, bool(status & ASSURED), struct.unpack("!I", found[7])[0]
