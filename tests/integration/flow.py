"""One end of a conversation, for tests of what a network lets through.

    flow.py serve PORT [udp]              answer each message with itself, for ever
    flow.py ask ADDRESS PORT [udp]        one message: exit status 0 if it is answered
    flow.py talk ADDRESS PORT FILE        a TCP connection that sends for ever; FILE grows by a line
                                          for each answer
    flow.py count PORT FILE               UDP: FILE grows by a line for each message
    flow.py shoot ADDRESS PORT COUNT      COUNT UDP messages, at most 1000 a second
    flow.py begin ADDRESS PORT COUNT      the same, each from a port of its own
"""

import socket
import sys
import threading
import time


SO_RCVBUFFORCE = 33  # more than net.core.rmem_max


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def echo(conn):
    with conn:
        while data := conn.recv(4096):
            conn.sendall(data)


def serve(port, kind="tcp"):
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::", int(port)))
    if kind == "udp":
        while True:
            data, peer = s.recvfrom(4096)
            s.sendto(data, peer)
    s.listen(64)
    while True:
        conn, _ = s.accept()
        threading.Thread(target=echo, args=(conn,), daemon=True).start()


def ask(address, port, kind="tcp"):
    s = socket.socket(family(address), socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.settimeout(2)
    s.connect((address, int(port)))
    s.send(b"hello")
    if s.recv(5) != b"hello":
        sys.exit(1)


def talk(address, port, file):
    s = socket.create_connection((address, int(port)), 20)
    s.settimeout(None)
    with open(file, "w", buffering=1) as out:
        while True:
            s.sendall(b"x")
            s.recv(1)
            out.write("answered\n")
            time.sleep(0.02)


def count(port, file):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)  # may be held up
    s.bind(("0.0.0.0", int(port)))
    with open(file, "w", buffering=1) as out:
        while True:
            s.recv(4096)
            out.write("received\n")


def shoot(address, port, n):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    for _ in range(int(n)):
        s.sendto(b"x", (address, int(port)))
        time.sleep(0.001)


def begin(address, port, n):
    for _ in range(int(n)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"x", (address, int(port)))
        time.sleep(0.001)


VERBS = {"serve": serve, "ask": ask, "talk": talk, "count": count, "shoot": shoot, "begin": begin}
try:
    VERBS[sys.argv[1]](*sys.argv[2:])
except OSError:
    sys.exit(1)
