"""Serves what a folder holds of a torrent: seeder.py TORRENT FOLDER PORT UPLOAD_LIMIT HOST [FRIEND_PORT]

Prints its state as one JSON object a line, about every 50 ms while something changes.
With --leech as the last argument it fetches what is missing, and serves that, too.
UPLOAD_LIMIT is in bytes a second; 0 is no limit. At FRIEND_PORT of the same host is a peer that it connects to.
"""

import json
import sys
import time

import libtorrent

is_leecher = sys.argv[-1] == "--leech"
if is_leecher:
    sys.argv.pop()
torrent, folder, port, upload_limit, host = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]

session = libtorrent.session({
    "listen_interfaces": f"{host}:{port}",
    # Seeders of one torrent share the address 127.0.0.1, and so does the tracker.
    "allow_multiple_connections_per_ip": True,
    "ssrf_mitigation": False,
    # One that takes nothing would not stay with a friend that takes nothing either.
    "close_redundant_connections": False,
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "alert_mask": libtorrent.alert.category_t.error_notification,
})

parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
# Upload mode: what is missing here stays missing.
if not is_leecher:
    parameters.flags = libtorrent.torrent_flags.upload_mode
handle = session.add_torrent(parameters)
if upload_limit > 0:
    handle.set_upload_limit(upload_limit)
if len(sys.argv) > 6:
    handle.connect_peer((host, int(sys.argv[6])))

shown = None
while True:
    for alert in session.pop_alerts():
        print(json.dumps({"alert": alert.message()}), flush=True)
    status = handle.status()
    state = {
        "state": str(status.state),
        "pieces": status.num_pieces,
        "peers": status.num_peers,
        "uploaded": status.total_payload_upload,
    }
    if state != shown:
        print(json.dumps(state), flush=True)
        shown = state
    time.sleep(0.05)
