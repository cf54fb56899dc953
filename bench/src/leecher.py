"""Downloads with libtorrent, plain TCP, and ends when it is complete: leecher.py TORRENT_OR_MAGNET FOLDER HOST [PORT]

Listens on HOST; the peer at that port of it, if there is one to begin with, is called.
"""

import sys

import libtorrent

torrent, folder, host = sys.argv[1], sys.argv[2], sys.argv[3]

session = libtorrent.session({
    "listen_interfaces": f"{host}:0",
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
if torrent.startswith("magnet:"):
    parameters = libtorrent.parse_magnet_uri(torrent)
else:
    parameters = libtorrent.add_torrent_params()
    parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
handle = session.add_torrent(parameters)
if len(sys.argv) > 4:
    handle.connect_peer((host, int(sys.argv[4])))

while True:
    session.wait_for_alert(1000)
    if any(isinstance(alert, libtorrent.torrent_finished_alert) for alert in session.pop_alerts()):
        break
