"""JSON as we read and write it against Google's json_format, on random messages.

What Google writes, in either naming, has to come back from us as the same message; and odd values
for every field we have to take or refuse as Google does.  Arguments: base URL, seed.
"""
import http.client
import json
import math
import random
import re
import struct
import sys
from urllib.parse import urlparse

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as F
from tests.unit.api import testing_pb2 as pb

url = urlparse(sys.argv[1])
seed = int(sys.argv[2])
rng = random.Random(seed)
connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)


def post(text):
    connection.request("POST", "/v1/echo", text.encode())
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def random_text():
    letters = "ab\"\\/\n\t\u0001 \u00fc\u20ac\U0001f40b\u007f<"
    return "".join(rng.choice(letters) for _ in range(rng.randrange(8)))


def random_integer(bits, is_signed):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)
    return rng.choice([low, high, 0, 1, rng.randint(low, high)])


def random_double():
    value = struct.unpack("d", rng.randbytes(8))[0]
    return rng.choice([0.0, 1.5, -2.25e-300, 1e21, math.inf, -math.inf, value if value == value else 3.0])


def random_float():
    value = struct.unpack("f", rng.randbytes(4))[0]
    return rng.choice([0.5, 3.4028234663852886e38, 1e-45, value if value == value else 3.0])


def random_value(field):
    kind = field.cpp_type
    if kind == F.CPPTYPE_INT32:
        return random_integer(32, True)
    if kind == F.CPPTYPE_INT64:
        return random_integer(64, True)
    if kind == F.CPPTYPE_UINT32:
        return random_integer(32, False)
    if kind == F.CPPTYPE_UINT64:
        return random_integer(64, False)
    if kind == F.CPPTYPE_DOUBLE:
        return random_double()
    if kind == F.CPPTYPE_FLOAT:
        return random_float()
    if kind == F.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == F.CPPTYPE_ENUM:
        return rng.choice([0, 1, 7, -2, 99])
    if field.type == F.TYPE_BYTES:
        return rng.randbytes(rng.randrange(6))
    return random_text()


def fill(message):
    """Give random fields random values; of a oneof the last one stays."""
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        message.seconds = rng.choice([-62135596800, 253402300799, 0, rng.randint(-(1 << 33), 1 << 33)])
        message.nanos = rng.choice([0, 5000000, 123456000, 999999999])
    elif name == "google.protobuf.Duration":
        sign = rng.choice([-1, 1])
        message.seconds = sign * rng.choice([0, 1, 315576000000, rng.randrange(1 << 30)])
        message.nanos = sign * rng.choice([0, 500000000, 1, 999999999])
        if abs(message.seconds) == 315576000000:
            message.nanos = 0
    elif name == "google.protobuf.FieldMask":
        message.paths.extend(rng.sample(["a", "b_c", "d.e_f", "long_name.of_it"], rng.randrange(3)))
    else:
        for field in message.DESCRIPTOR.fields:
            if rng.random() < 0.5:
                fill_field(message, field)


def fill_field(message, field):
    is_message = field.cpp_type == F.CPPTYPE_MESSAGE
    target = getattr(message, field.name)
    if is_message and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
        for _ in range(rng.randrange(4)):
            if value.cpp_type == F.CPPTYPE_MESSAGE:
                fill(target[random_value(key)])
            else:
                target[random_value(key)] = random_value(value)
    elif field.label == F.LABEL_REPEATED:
        for _ in range(rng.randrange(4)):
            if is_message:
                fill(target.add())
            else:
                target.append(random_value(field))
    elif is_message:
        target.SetInParent()
        fill(target)
    else:
        setattr(message, field.name, random_value(field))


def there_and_back(n):
    for i in range(n):
        message = pb.Everything()
        fill(message)
        text = json_format.MessageToJson(
            message, preserving_proto_field_name=rng.random() < 0.5, indent=rng.choice([0, 2])
        )
        status, answer = post(text)
        assert status == 200, f"seed {seed}, message {i}: {answer}\n{text}"
        back = json_format.Parse(answer, pb.Everything())
        assert back == message, f"seed {seed}, message {i}:\n{text}\n{answer}"


ODD = [
    None, True, False, 0, 1, -1, 1.5, 1e3, 2**31, 2**32, 2**63 - 1, -(2**31) - 1, 1e39,
    "", "1", "-1", "1.5", "x", "true", "NaN", "Infinity", "PAPER", "99", "AQI=", "AQI", "A", "-_", " 1", "1 ",
    "2026-01-31T12:00:00Z", "2026-02-30T12:00:00Z", "2026-01-31T12:00:00.123456789+01:30", "1.5s", "-0.5s",
    "1", "s", "a,bC", [], ["x"], [None], {}, {"a": 1}, {"i": 1}, {"1": "x"}, {"true": ""}, [{}], [[]],
]

def parsed_by_google(text):
    try:
        return json_format.Parse(text, pb.Everything())
    except Exception:
        return None


def is_loose(field, value):
    """Python takes these by accident of its types; the mapping's definition does not have them."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if field.cpp_type == F.CPPTYPE_MESSAGE:
        if field.message_type.full_name == "google.protobuf.FieldMask" and isinstance(value, str):
            return not re.fullmatch("[A-Za-z0-9_.,]*", value)
        return value in ("", [])  # nothing to iterate over is no object
    if field.type == F.TYPE_BYTES:
        return isinstance(value, str) and not re.fullmatch("[-A-Za-z0-9+/_]*=*", value)
    if isinstance(value, str):
        return value != value.strip()
    if field.cpp_type == F.CPPTYPE_ENUM:
        return isinstance(value, (bool, float)) or value == 2**32
    return isinstance(value, bool)


def difference(field, value):
    """What the two disagree on, or None."""
    text = json.dumps({field.json_name: value})
    expected = parsed_by_google(text)
    status, answer = post(text)
    if expected is None and status == 200:
        return f"{text}: Google refuses it, we answer {answer}"
    if expected is None and field.name not in answer:
        return f"{text}: the error does not name {field.name}: {answer}"
    if expected is None:
        return None
    if status != 200:
        return None if is_loose(field, value) else f"{text}: Google takes it, we answer {answer}"
    if parsed_by_google(answer).SerializeToString() != expected.SerializeToString():
        return f"{text}: read differently: {answer}"
    return None


there_and_back(1000)
found = [difference(f, v) for f in pb.Everything.DESCRIPTOR.fields for v in ODD]
wrong = [d for d in found if d]
assert not wrong, "\n".join(wrong)
print(f"JSON: 1000 random messages and {len(found)} odd values: ok")
