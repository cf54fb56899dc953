"""Checks a torrent's existing data with libtorrent, and ends: checker.py TORRENT FOLDER HASHING_THREADS (0: as it comes)"""

import os
import sys

import libtorrent

torrent, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])

settings = {
    "listen_interfaces": "127.0.0.1:0",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "alert_mask": libtorrent.alert.category_t.status_notification,
}
if threads > 0:
    settings["hashing_threads"] = threads
session = libtorrent.session(settings)
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
# No announces: only what is there counts.
parameters.trackers = []
parameters.flags |= libtorrent.torrent_flags.override_trackers
handle = session.add_torrent(parameters)

while True:
    session.wait_for_alert(1000)
    if any(isinstance(alert, libtorrent.torrent_checked_alert) for alert in session.pop_alerts()):
        break
# Without the second it takes to shut down, with nothing left to do.
os._exit(0 if handle.status().is_seeding else 1)
