"""A node of libtorrent's DHT that does one thing after the other: dht_peer.py HOST:PORT NODE_HOST NODE_PORT ACTION…

ACTION is a JSON object such as {"do": "get_peers", "hash": "<hex>"}. Prints what came of each as one JSON object a line, and
answers others until it is killed.
"""

import json
import sys
import time
import warnings

import libtorrent

interface, node_host, node_port, actions = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]

# The key of the test vectors of BEP 44: libtorrent wants the expanded form.
PUBLIC_KEY = bytes.fromhex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")
PRIVATE_KEY = bytes.fromhex(
    "e06d3183d14159228433ed599221b80bd0a5ce8352e4bdf0262f76786ef1c74d"
    "b7e7a9fea2c0eb269d61e3b38e450a22e754941ac78479d6c54e1faf6037881d"
)
PATIENCE_S = 20

session = libtorrent.session({
    "listen_interfaces": interface,
    "enable_dht": True,
    "dht_bootstrap_nodes": "",
    # All nodes share an address.
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "alert_mask": libtorrent.alert.category_t.dht_notification
    | libtorrent.alert.category_t.dht_operation_notification
    | libtorrent.alert.category_t.error_notification,
})


def text_of(entry):
    return entry.decode() if isinstance(entry, bytes) else entry


def result_of(alert):
    """What an alert says of an action, or None if it is about something else."""
    if isinstance(alert, libtorrent.dht_put_alert):
        return {"stored": alert.num_success}
    if isinstance(alert, libtorrent.dht_immutable_item_alert):
        return {"value": text_of(alert.item["value"])} if alert.item["value"] else None
    if isinstance(alert, libtorrent.dht_mutable_item_alert):
        return {"value": text_of(alert.item["value"]), "seq": alert.item["seq"]} if alert.item["value"] else None
    if isinstance(alert, libtorrent.dht_sample_infohashes_alert):
        return {
            "samples": [str(each) for each in alert.samples],
            "total": alert.num_infohashes,
        }
    if isinstance(alert, libtorrent.dht_get_peers_reply_alert):
        peers = [f"{host}:{port}" for host, port in alert.peers()]
        return {"peers": peers} if peers else None
    return None


def start(action):
    kind = action["do"]
    if kind == "put":
        target = session.dht_put_immutable_item(action["text"])
        print(json.dumps({"target": str(target)}), flush=True)
    elif kind == "get":
        session.dht_get_immutable_item(libtorrent.sha1_hash(bytes.fromhex(action["target"])))
    elif kind == "put_mutable":
        session.dht_put_mutable_item(PRIVATE_KEY, PUBLIC_KEY, action["text"].encode(), action["salt"].encode())
    elif kind == "get_mutable":
        session.dht_get_mutable_item(bytes.fromhex(action["key"]), action["salt"].encode())
    elif kind == "sample":
        session.dht_sample_infohashes((action["host"], action["port"]), libtorrent.sha1_hash(b"\0" * 20))
    elif kind == "get_peers":
        session.dht_get_peers(libtorrent.sha1_hash(bytes.fromhex(action["hash"])))
    elif kind == "announce":
        # dht_announce() wants flags of a type that Python is not given.
        parameters = libtorrent.parse_magnet_uri(f"magnet:?xt=urn:btih:{action['hash']}")
        parameters.save_path = "/nonexistent"
        session.add_torrent(parameters).force_dht_announce()


def run(action):
    begun = time.monotonic()
    start(action)
    asked = begun
    while time.monotonic() - begun < PATIENCE_S:
        if action["do"] == "announce":
            return {"announced": True}
        for alert in session.pop_alerts():
            result = result_of(alert)
            if result is not None:
                return result
        # What was asked before everyone knew everyone may have come to nothing.
        if time.monotonic() - asked > 2 and action["do"] not in ("put", "put_mutable"):
            asked = time.monotonic()
            start(action)
        time.sleep(0.02)
    return {"failed": action}


# What counts the nodes without being deprecated takes an alert and a table of names.
warnings.simplefilter("ignore")
while session.status().dht_nodes == 0:
    session.add_dht_node((node_host, node_port))
    time.sleep(0.2)
print(json.dumps({"ready": True}), flush=True)
for text in actions:
    print(json.dumps(run(json.loads(text))), flush=True)
print(json.dumps({"done": True}), flush=True)
while True:
    for alert in session.pop_alerts():
        pass
    time.sleep(0.2)
