"""The benchmark's end of a net_weftgen device's control file (tests/bench/driver/control.h)."""

import mmap
import struct
import time

MAGIC = 0x6E676677
MAX_QUEUES = 16
PROFILE_SIZE = 2048
WANTED, RUNNING, SAMPLING, PACE, PROFILE, STAMPING, RX = 512, 516, 520, 524, 528, 2576, 3072
COUNTS_SIZE, LAST = 256, 64
TX = RX + MAX_QUEUES * COUNTS_SIZE
AGES, N_AGES = TX + MAX_QUEUES * COUNTS_SIZE, 512
SIZE = AGES + 8 * N_AGES


class GeneratorError(Exception):
    """What the device refused, in its words."""


def bucket_cycles(i):
    """The middle of the ages in bucket I."""
    if i < 24:
        return i
    low = (8 + i % 8) << (i // 8 - 3)
    return low + (1 << (i // 8 - 3)) / 2


class Generator:
    """One device, in whichever process it lives."""

    def __init__(self, path, seconds=20):
        """Waits for the device to make its file."""
        until = time.monotonic() + seconds
        while True:
            try:
                with open(path, 'r+b') as f:
                    self.memory = mmap.mmap(f.fileno(), SIZE)
                if self._get(0) == MAGIC:
                    return
                self.memory.close()
            except (OSError, ValueError):
                pass
            if time.monotonic() > until:
                raise GeneratorError(f'no device made {path}')
            time.sleep(0.02)

    def _get(self, at):
        return struct.unpack_from('=I', self.memory, at)[0]

    def _set(self, at, value):
        struct.pack_into('=I', self.memory, at, value)

    def take(self, profile, seconds=60):
        """Make packets by this profile from now on, once started; '' for none."""
        text = profile.encode()
        if len(text) >= PROFILE_SIZE:
            raise GeneratorError('the profile is too long')
        self.memory[PROFILE:PROFILE + PROFILE_SIZE] = text.ljust(PROFILE_SIZE, b'\0')
        wanted = (self._get(WANTED) + 1) & 0xFFFFFFFF
        self._set(WANTED, wanted)
        until = time.monotonic() + seconds
        while self._get(4) != wanted:
            if time.monotonic() > until:
                raise GeneratorError(f'the device did not take: {profile}')
            time.sleep(0.002)
        error = bytes(self.memory[16:512]).split(b'\0')[0].decode(errors='replace')
        if error:
            raise GeneratorError(error)

    def tsc_hz(self):
        """How fast the time stamp counter runs."""
        return struct.unpack_from('=Q', self.memory, 8)[0]

    def start(self):
        self._set(RUNNING, 1)

    def stop(self):
        self._set(RUNNING, 0)

    def sample(self, wanted=True):
        self._set(SAMPLING, int(wanted))

    def pace(self, packets_per_second):
        """0: as many as are taken."""
        self._set(PACE, packets_per_second)

    def stamp(self, wanted=True):
        """Packets made here carry the time; the age of those that come out here is counted."""
        self._set(STAMPING, int(wanted))

    def ages(self):
        """How many packets of each age: a list of buckets, see bucket_cycles()."""
        return list(struct.unpack_from(f'={N_AGES}Q', self.memory, AGES))

    def _sum(self, base, field):
        return sum(struct.unpack_from('=Q', self.memory, base + q * COUNTS_SIZE + 8 * field)[0]
                   for q in range(MAX_QUEUES))

    def made(self):
        """Packets made so far."""
        return self._sum(RX, 0)

    def sent(self):
        """Packets that came out of the device, and their bytes."""
        return self._sum(TX, 0), self._sum(TX, 1)

    def failed(self):
        """Packets that were not made for want of buffers."""
        return self._sum(RX, 3)

    def last_frame(self):
        """The newest sampled frame's size and its first bytes; None before the first."""
        for q in range(MAX_QUEUES):
            at = TX + q * COUNTS_SIZE
            size = struct.unpack_from('=Q', self.memory, at + 32)[0]
            if size:
                return size, bytes(self.memory[at + LAST:at + LAST + min(size, COUNTS_SIZE - LAST)])
        return None
