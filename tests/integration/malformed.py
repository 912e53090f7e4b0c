#!/usr/bin/env python3
"""malformed.py FILE: no OpenFlow message in a capture is malformed.

Two foreign decoders judge: tshark's dissector all messages, ovs-ofctl those that came from the switch.
Both have faults of their own, listed below; a message that the one is known to misread is left to the
other, and what neither can read to os-ken.  Exit status 1 names each kind that is malformed."""
import re
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from collections import Counter

LISTEN, DIAL = (6654,), (6633, 6653)  # where the switch listens, and what it dials
WRONG = '_ws.malformed || _ws.expert.group == "Malformed"'
TLS = b"\x16\x03"  # how each direction of a TLS connection begins: nobody can judge that
MULTIPART_REPLY = 19
WEFT = bytes.fromhex("00574654")  # the experimenter of our own messages, which ovs-ofctl does not know
SEGMENT = 60000
ERROR_DATA = 64  # so much an error shows of the message that it is about

# What tshark 4.0 misreads: (version, type, multipart type).
TSHARK_MISREADS = {
    (5, 19, 5): "takes 2 bytes of padding, not 6, in queue statistics (OF 1.4.1 section 7.3.5.8)",
    (5, 19, 15): "takes 1.3's queues for queue descriptions (OF 1.4.1 section 7.3.5.20)",
    (6, 19, 5): "as in 1.4",
    (6, 19, 15): "as in 1.4",
    (6, 15, None): "takes 1.3's buckets for those of 1.5 (OF 1.5.1 section 7.3.4.3)",
    (6, 19, 7): "likewise",
    (6, 35, None): "takes the padding behind a URI for a property (OF 1.5.1 section 7.4.7)",
    (6, 19, 18): "likewise",
    (6, 19, 19): "does not know bundle features",
    (6, 19, 12): "is lost in table features, as told below; some megabytes of warnings each",
}
# And an empty one it takes for a flow.
TSHARK_FLOWS, EMPTY = (6, 19, 1), ("openflow_v6.length", "16")
# Behind these fields of 1.5, (name, value or None for any), nothing that it says of a message holds.
TSHARK_LOST = {
    ("openflow_v6.oxm.class", "0x8000"): "looks for the field's number at eight times its offset",
    ("openflow_v6.action.copy_field.pad", None): "does not expect the fields' names (section 7.2.6.16)",
}

# What ovs-ofctl 3.1 does not know: os-ken's parser reads it.
OVS_MISREADS = {
    (6, 19, 11): "takes 1.3's 16 bytes of meter features, not 24 (OF 1.5.1 section 7.3.5.15)",
    (6, 35, None): "has no controller status",
    (6, 19, 18): "has no controller status",
    (6, 19, 19): "has no bundle features",
    (6, 19, 17): "has no flow statistics apart from descriptions",
}


def kind_of(message):
    kind = message[1]
    part = int.from_bytes(message[8:10], "big") if kind in (18, MULTIPART_REPLY) else None
    return message[0], kind, part


def named(kind):
    version, number, part = kind
    return "OpenFlow 1.%d type %d%s" % (version - 1, number,
                                        "" if part is None else " multipart %d" % part)


def tshark(file):
    """(kind, fields) of each message that it calls malformed."""
    decode = [a for p in LISTEN + DIAL for a in ("-d", "tcp.port==%d,openflow" % p)]
    said = subprocess.Popen(["tshark", "-r", file, *decode, "-Y", WRONG, "-T", "pdml"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for _, packet in xml.iterparse(said.stdout):
        if packet.tag != "packet":
            continue
        message = None
        for p in packet:
            if p.get("name").startswith("openflow"):
                message = p
            elif p.get("name") != "_ws.malformed":
                continue
            if message is None:
                yield (0, 0, None), []
                continue
            if p is message and not any("alformed" in f.get("showname", "") for f in p.iter("field")):
                continue
            fields = [(f.get("name"), f.get("show")) for f in message.iter("field")]
            name = message.get("name")
            value = dict(fields)  # of a message in another, as errors and bundles have it, the inner one
            if ((name + ".type", "1") in fields and int(value[name + ".length"], 0) > ERROR_DATA):
                continue  # it takes what an error shows of a longer message for a whole one
            part = value.get(name + ".multipart_reply.type", value.get(name + ".multipart_request.type"))
            yield (int(value[name + ".version"], 0), int(value[name + ".type"], 0),
                   None if part is None else int(part, 0)), fields
        packet.clear()
    assert said.wait() == 0, "tshark failed"


def segments(file):
    """(stream, sequence number, SYN, payload) of a classic capture of Ethernet, IPv4 and TCP; a stream
    is the addresses and ports."""
    data = open(file, "rb").read()
    at = 24
    while at + 16 <= len(data):
        size = int.from_bytes(data[at + 8:at + 12], "little")
        frame, at = data[at + 16:at + 16 + size], at + 16 + size
        ip = frame[14:14 + int.from_bytes(frame[16:18], "big")]
        if frame[12:14] != b"\x08\x00" or ip[9] != 6:
            continue
        tcp = ip[(ip[0] & 15) * 4:]
        stream = ip[12:20] + tcp[:4]
        yield stream, int.from_bytes(tcp[4:8], "big"), tcp[13] & 2, tcp[(tcp[12] >> 4) * 4:]


def streams(file):
    """{stream: its bytes}, but those of TLS; one of which the capture missed a part ends there."""
    found = {}
    for stream, sequence, syn, payload in segments(file):
        if syn:
            found[stream] = [sequence + 1 & 0xFFFFFFFF, bytearray()]
        elif stream in found and payload and found[stream][0] == sequence:
            found[stream][0] = sequence + len(payload) & 0xFFFFFFFF
            found[stream][1] += payload
    return {stream: data for stream, (_, data) in found.items() if not data.startswith(TLS)}


def messages(data):
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 2:at + 4], "big")
        if size < 8 or at + size > len(data):
            break
        yield bytes(data[at:at + size])
        at += size


def from_switch(stream):
    source, target = int.from_bytes(stream[8:10], "big"), int.from_bytes(stream[10:12], "big")
    return source in LISTEN or target in DIAL


def one_by_one(found, out):
    """A capture in which each message has frames of its own, as tshark gives up a frame with some
    hundreds of them; without repetitions, and what it misreads anyway."""
    seen = set()
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for stream, data in found.items():
        sequence = 1
        for message in messages(data):
            content = message[:4] + message[8:]  # without the transaction's id
            if kind_of(message) in TSHARK_MISREADS or content in seen:
                continue
            seen.add(content)
            for at in range(0, len(message), SEGMENT):
                part = message[at:at + SEGMENT]
                tcp = stream[8:12] + struct.pack("!IIBBHHH", sequence, 1, 5 << 4, 0x18, 65535, 0, 0)
                ip = struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(part), 0, 0, 64, 6, 0) + stream[:8]
                frame = bytes(12) + b"\x08\x00" + ip + tcp + part
                out.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
                sequence += len(part)
    out.flush()


def ovs(all_messages):
    """The kinds of messages that ovs-ofctl cannot decode."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"".join(all_messages))
        f.flush()
        said = subprocess.run(["ovs-ofctl", "ofp-parse", f.name], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout
    # Under each error it shows the message's bytes.
    for head in re.findall(r"\*\*\*decode error: (\w+)\*\*\*\n00000000  ([0-9a-f -]{47})", said):
        yield kind_of(bytes.fromhex(re.sub("[^0-9a-f]", "", head[1]))), head[0]


def os_ken(message):
    from os_ken.ofproto import ofproto_parser, ofproto_protocol
    datapath = ofproto_protocol.ProtocolDesc(message[0])
    parsed = ofproto_parser.msg(datapath, message[0], message[1], len(message),
                                int.from_bytes(message[4:8], "big"), message)
    assert parsed is not None


def main(file):
    bad = Counter()
    found = streams(file)
    with tempfile.NamedTemporaryFile(suffix=".pcap") as f:
        one_by_one(found, f)
        judged = list(tshark(f.name))
    for kind, fields in judged:
        lost = any(f in TSHARK_LOST or (f[0], None) in TSHARK_LOST for f in fields)
        empty = kind == TSHARK_FLOWS and EMPTY in fields
        if kind not in TSHARK_MISREADS and not lost and not empty:
            bad["tshark calls %s malformed behind %s" % (named(kind), fields[-1:])] += 1
    ours = [m for stream, data in found.items() if from_switch(stream) for m in messages(data)]
    known = [m for m in ours if m[1] != 4 or m[8:12] != WEFT]
    for kind, why in ovs(m for m in known if kind_of(m) not in OVS_MISREADS):
        bad["ovs-ofctl says %s of %s" % (why, named(kind))] += 1
    for m in ours:
        if kind_of(m) in OVS_MISREADS:
            try:
                os_ken(m)
            except Exception as why:
                bad["os-ken says %r of %s" % (why, named(kind_of(m)))] += 1
    for what, n in bad.items():
        print("malformed: %s (%d times)" % (what, n))
    print("OpenFlow: %d messages from the switch" % len(ours))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
