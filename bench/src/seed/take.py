"""Downloads with libtorrent from one seeder, and ends when it is complete: take.py TORRENT FOLDER PORT"""

import sys
import time

import libtorrent

torrent, folder, port = sys.argv[1], sys.argv[2], int(sys.argv[3])

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
    "alert_mask": libtorrent.alert.category_t.status_notification,
})
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
handle = session.add_torrent(parameters)
handle.connect_peer(("127.0.0.1", port))
while not handle.status().is_seeding:
    time.sleep(0.05)
