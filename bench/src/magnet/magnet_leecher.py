"""Downloads a magnet link with libtorrent, plain TCP, until it is killed: magnet_leecher.py MAGNET FOLDER"""

import sys
import time

import libtorrent

magnet, folder = sys.argv[1], sys.argv[2]

session = libtorrent.session({
    "listen_interfaces": "127.0.0.1:0",
    "allow_multiple_connections_per_ip": True,
    "ssrf_mitigation": False,
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "out_enc_policy": libtorrent.enc_policy.pe_disabled,
    "in_enc_policy": libtorrent.enc_policy.pe_disabled,
})
parameters = libtorrent.parse_magnet_uri(magnet)
parameters.save_path = folder
handle = session.add_torrent(parameters)
while True:
    time.sleep(1)
