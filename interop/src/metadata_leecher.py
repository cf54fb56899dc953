"""libtorrent with nothing but a magnet link, which calls no one: metadata_leecher.py MAGNET FOLDER PORT

Prints {"metadata": true} when somebody has given it the metadata.
"""

import json
import sys
import time

import libtorrent

magnet, folder, port = sys.argv[1], sys.argv[2], int(sys.argv[3])

session = libtorrent.session({
    "listen_interfaces": f"127.0.0.1:{port}",
    "allow_multiple_connections_per_ip": True,
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
})
parameters = libtorrent.parse_magnet_uri(magnet)
parameters.save_path = folder
handle = session.add_torrent(parameters)
print(json.dumps({"ready": True}), flush=True)
while not handle.status().has_metadata:
    time.sleep(0.05)
print(json.dumps({"metadata": True}), flush=True)
while True:
    time.sleep(1)
