"""Seeds a torrent that no tracker knows: lone_seeder.py TORRENT FOLDER HOST:PORT ["NODE PORT" …]

It announces itself in the DHT that begins with these nodes, or without any to the local network. Prints what happens.
"""

import sys
import time

import libtorrent

torrent, folder, interface, nodes = sys.argv[1], sys.argv[2], sys.argv[3], [node.split() for node in sys.argv[4:]]

session = libtorrent.session({
    "listen_interfaces": interface,
    "enable_dht": bool(nodes),
    "dht_bootstrap_nodes": "",
    # All nodes are in one network.
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_announce_interval": 60,
    "enable_lsd": not nodes,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "alert_mask": libtorrent.alert.category_t.error_notification | libtorrent.alert.category_t.dht_notification,
})
for host, port in nodes:
    session.add_dht_node((host, int(port)))

parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
parameters.flags = libtorrent.torrent_flags.seed_mode
handle = session.add_torrent(parameters)

announced = False
while True:
    for alert in session.pop_alerts():
        print(alert.message(), flush=True)
    if nodes and not announced and session.status().dht_nodes > 0:
        handle.force_dht_announce()
        announced = True
    time.sleep(0.05)
