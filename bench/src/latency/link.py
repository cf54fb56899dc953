"""A link between two network namespaces that delays and loses packets: link.py RTT_MS BYTES_PER_SECOND QUEUE_BYTES LOSS

The near end (10.99.0.1) is in the namespace this runs in, the far end (10.99.0.2) in one of its own; both have to be
new, see link.ts. Packets of IP go through two TUN devices and wait here. Each direction is a link of its own: packets
leave one after the other at BYTES_PER_SECOND, those that find QUEUE_BYTES waiting are dropped, LOSS (0 to 1) of the
others are lost at random, and the rest arrive half of RTT_MS after they left.

Prints one JSON line when the link is up. On SIGUSR1 prints what went from the far end to the near one since the last
time: seconds between the first and the last full packet, packets, and those dropped; and what is lost from then on is
what was lost before, by its place in the stream. On SIGUSR2 others are.
"""

import ctypes
import fcntl
import gc
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time
from collections import deque

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
MTU = 1500
# A packet of a stream of payload; handshakes and requests are smaller.
FULL_LENGTH = 1400
# Packets to take from one side before turning to the other.
BATCH = 256
# Looking after every packet would take half a processor, which the clients need.
TICK_SECONDS = 0.0005

libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Direction:
    """One way through the link."""

    def __init__(self, source, target, rate, delay, queue, loss):
        self.source, self.target = source, target
        self.rate, self.delay, self.queue_seconds, self.loss = rate, delay, queue / rate, loss
        self.under_way = deque()
        self.free_at = 0.0
        self.reset(0)

    def reset(self, seed):
        self.chance = random.Random(seed).random
        self.first = self.last = 0.0
        self.packets = self.overflowed = self.lost = 0

    def take(self):
        now = time.monotonic()
        for _ in range(BATCH):
            try:
                packet = os.read(self.source, MTU)
            except BlockingIOError:
                return
            leaves = self.free_at if self.free_at > now else now
            if leaves - now > self.queue_seconds:
                self.overflowed += 1
                continue
            self.free_at = leaves + len(packet) / self.rate
            # Lost on the way: it has taken its time on the link.
            if self.loss and self.chance() < self.loss:
                self.lost += 1
                continue
            self.under_way.append((self.free_at + self.delay, packet))

    def deliver(self):
        under_way = self.under_way
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            packet = under_way.popleft()[1]
            os.write(self.target, packet)
            self.packets += 1
            if len(packet) >= FULL_LENGTH:
                if self.first == 0.0:
                    self.first = now
                self.last = now

    def report(self):
        return {
            "seconds": self.last - self.first,
            "packets": self.packets,
            "overflowed": self.overflowed,
            "lost": self.lost,
        }


def open_tun(address, peer):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN_NO_PI))
    for command in (
        "link set lo up",
        f"address add {address} dev tun0",
        # What waits does so in this link's queue, not before it.
        f"link set tun0 mtu {MTU} txqueuelen 10000 up",
        # What most systems use, and what loss slows down: others, such as BBR, take no notice of it.
        f"route add {peer} dev tun0 congctl cubic",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    # A connection must not start with what an earlier one has learned of the link.
    with open("/proc/sys/net/ipv4/tcp_no_metrics_save", "w", encoding="ascii") as setting:
        setting.write("1")
    return device


def open_far_end():
    """Opens the far end in a namespace of its own; returns its device and the process that keeps the namespace."""
    # Only a process can be found by nsenter, so one stays there; its device comes here through the thread that made it.
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    device = open_tun("10.99.0.2", "10.99.0.1")
    keeper = os.fork()
    if keeper == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pause()
        os._exit(0)
    if libc.setns(here, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    return device, keeper


rtt, rate, queue, loss = (float(argument) for argument in sys.argv[1:])
far, keeper = open_far_end()
near = open_tun("10.99.0.1", "10.99.0.2")
down = Direction(far, near, rate, rtt / 2000, queue, loss)
up = Direction(near, far, rate, rtt / 2000, queue, loss)
seed = 0


def report(*_):
    print(json.dumps(down.report()), flush=True)
    down.reset(seed)
    up.reset(seed)


def change_losses(*_):
    global seed
    seed += 1


signal.signal(signal.SIGUSR1, report)
signal.signal(signal.SIGUSR2, change_losses)
gc.disable()
print(json.dumps({"farPid": keeper}), flush=True)

while True:
    if down.under_way or up.under_way:
        time.sleep(TICK_SECONDS)
    else:
        select.select([far, near], [], [])
    for direction in (down, up):
        direction.take()
        direction.deliver()
