"""REST by raw sockets: what no well-behaved client does.  Argument: the port."""
import json
import socket
import sys
import time

port = int(sys.argv[1])


def connect(receive_buffer=None):
    s = socket.socket()
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.settimeout(100)
    s.connect(("127.0.0.1", port))
    return s


def read_all(s):
    data = b""
    while True:
        try:
            chunk = s.recv(65536)
        except ConnectionResetError:
            return data
        if not chunk:
            return data
        data += chunk


def get(path):
    s = connect()
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return read_all(s)


def metric(line):
    for text in get("/metrics").decode().splitlines():
        if text.startswith(line + " "):
            return float(text.split()[-1])
    return 0.0


def wait_until(what, check):
    end = time.monotonic() + 100
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.05)


# Requests that never become whole are closed, whether silent or dripping.
for start in (b"", b"GET /v1/sl", b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"):
    began = time.monotonic()
    s = connect()
    s.sendall(start)
    assert b"200 OK" not in read_all(s)
    assert time.monotonic() - began > 0.2, f"{start}: closed after {time.monotonic() - began}"
s = connect()
began = time.monotonic()
s.sendall(b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
try:
    while time.monotonic() - began < 80:
        s.sendall(b" ")
        time.sleep(0.1)
    raise AssertionError("a dripping body was waited for")
except (BrokenPipeError, ConnectionResetError):
    pass

# What is not HTTP gets an error.
s = connect()
s.sendall(b"\x16\x03\x01 this is no request\r\n\r\n")
assert b"200 OK" not in read_all(s)

# Readers that vanish: their handlers hear of it.
waiting = 'weft_api_calls_under_way{method="weft.testing.Library/WatchBooks"}'
watchers = [connect() for _ in range(20)]
for w in watchers:
    w.sendall(b"GET /v1/shelves/a/books:watch HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200 OK" in w.recv(4096)
assert metric(waiting) == 20
for w in watchers:
    w.close()
wait_until("the handlers to hear", lambda: metric(waiting) == 0)
sleeping = 'weft_api_calls_under_way{method="weft.testing.Library/Sleep"}'
s = connect()
s.sendall(b"GET /v1/sleep?delay=1000s HTTP/1.1\r\nHost: x\r\n\r\n")
wait_until("the call to begin", lambda: metric(sleeping) == 1)
s.close()
wait_until("the sleeper to hear", lambda: metric(sleeping) == 0)

# A reader that does not read is told so, on whole lines; the server held a bounded part for it.
for accept, end in (("x", b'{"error":'), ("text/event-stream", b"event: error\ndata: ")):
    s = connect(receive_buffer=4096)
    s.sendall(
        b"GET /v1/shelves/a/books:watch?count=100000&padding=2000&is_impatient=true HTTP/1.0\r\n"
        + f"Host: x\r\nAccept: {accept}\r\n\r\n".encode()
    )
    wait_until("the handler to give up", lambda: metric(waiting) == 0)
    body = read_all(s).split(b"\r\n\r\n", 1)[1]
    assert len(body) < 32 << 20
    at = body.rindex(end)
    assert body[at - 1 : at] == b"\n"
    error = json.loads(body[at:].split(b"data: ")[-1])
    assert error.get("error", error)["status"] == "RESOURCE_EXHAUSTED", error
wait_until("all streams to be forgotten", lambda: metric("weft_rest_stream_bytes") == 0)
print("sockets: ok")
