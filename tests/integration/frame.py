#!/usr/bin/env python3
"""Raw frames for tests, on an interface of the current network namespace.

frame.py send IFNAME COUNT FRAME        send a frame, given as hexadecimal digits
frame.py listen IFNAME MARK FILE        append a line to FILE for each frame that contains MARK
                                        (hexadecimal digits); its first line is "ready"
"""
import errno
import socket
import sys
import time

ETH_P_ALL = 3


def raw_socket(ifname):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.bind((ifname, 0))
    return s


def send(ifname, count, frame):
    s = raw_socket(ifname)
    data = bytes.fromhex(frame).ljust(60, b"\0")
    left = int(count)
    while left:
        try:
            s.send(data)
            left -= 1
        except OSError as e:
            if e.errno != errno.ENOBUFS:  # the interface's queue is full
                raise
            time.sleep(0.001)


def listen(ifname, mark, path):
    s = raw_socket(ifname)
    mark = bytes.fromhex(mark)
    with open(path, "a", buffering=1) as out:
        out.write("ready\n")
        while True:
            data, address = s.recvfrom(65536)
            if address[2] != socket.PACKET_OUTGOING and mark in data:
                out.write(data[:64].hex() + "\n")


{"send": send, "listen": listen}[sys.argv[1]](*sys.argv[2:])
