"""Prints as JSON what libtorrent reads in a torrent, and how much of it a folder holds: read_torrent.py TORRENT FOLDER"""

import json
import os
import sys

import libtorrent

torrent, folder = sys.argv[1], sys.argv[2]

session = libtorrent.session({
    "listen_interfaces": "127.0.0.1:0",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "alert_mask": libtorrent.alert.category_t.status_notification,
})
info = libtorrent.torrent_info(torrent)
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
files = info.files()
print(json.dumps({
    "infoHash": str(info.info_hash()),
    "name": info.name(),
    "pieceLength": info.piece_length(),
    "private": info.priv(),
    "comment": info.comment(),
    # In a tier libtorrent shuffles them.
    "trackers": sorted([tracker.tier, tracker.url] for tracker in info.trackers()),
    "webSeeds": [seed["url"] for seed in info.web_seeds()],
    "files": [
        [files.file_path(index), files.file_size(index)]
        for index in range(info.num_files())
        if not files.file_flags(index) & libtorrent.file_flags_t.flag_pad_file
    ],
    "progress": handle.status().progress,
    "isSeeding": handle.status().is_seeding,
}), flush=True)
# Without the second it takes to shut down, with nothing left to do.
os._exit(0)
