"""Prints where this host sends IP packets, each place once: capture.py INTERFACE

A line is `tcp 192.0.2.1:80`, or the number of another protocol and the address. Neighbours looked up (ARP, ICMPv6) are left
out. Prints `ready` first.
"""

import socket
import struct
import sys

ETH_P_ALL = 3
TCP, UDP, ICMPV6 = 6, 17, 58

sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
sniffer.bind((sys.argv[1], ETH_P_ALL))
print("ready", flush=True)

seen = set()
while True:
    packet, (_, protocol, kind, *_) = sniffer.recvfrom(2048)
    if kind != socket.PACKET_OUTGOING:
        continue
    if protocol == 0x0800:
        header, number, host = (packet[0] & 15) * 4, packet[9], socket.inet_ntop(socket.AF_INET, packet[16:20])
    elif protocol == 0x86DD:
        # An extension header before it (hop-by-hop, of multicast reports) is the kernel's own.
        header, number, host = 40, packet[6], socket.inet_ntop(socket.AF_INET6, packet[24:40])
    else:
        continue
    if number in (TCP, UDP):
        place = f"{'tcp' if number == TCP else 'udp'} {host}:{struct.unpack_from('>H', packet, header + 2)[0]}"
    elif number in (0, ICMPV6):
        continue
    else:
        place = f"{number} {host}"
    if place not in seen:
        seen.add(place)
        print(place, flush=True)
