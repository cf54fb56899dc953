"""Seeds with libtorrent, plain TCP, until so many bytes are sent: seed_until.py TORRENT FOLDER PORT BYTES

What is there is taken for right, unchecked.
"""

import sys
import time

import libtorrent

torrent, folder, port, length = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

session = libtorrent.session({
    "listen_interfaces": "",
    "allow_multiple_connections_per_ip": True,
    "ssrf_mitigation": False,
    "unchoke_slots_limit": -1,
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "out_enc_policy": libtorrent.enc_policy.pe_disabled,
    "in_enc_policy": libtorrent.enc_policy.pe_disabled,
    "alert_mask": 0,
})
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
# Not seed mode: that has each piece hashed when it is asked for first.
parameters.have_pieces = [True] * parameters.ti.num_pieces()
parameters.verified_pieces = [True] * parameters.ti.num_pieces()
handle = session.add_torrent(parameters)
while not handle.status().is_seeding:
    time.sleep(0.01)
session.apply_settings({"listen_interfaces": f"127.0.0.1:{port}"})
while handle.status().total_payload_upload < length:
    time.sleep(0.1)
# What was sent is still to be read.
while handle.status().num_peers > 0:
    time.sleep(0.1)
