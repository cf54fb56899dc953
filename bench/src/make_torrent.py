"""Makes a v1 torrent of a file or folder: make_torrent.py PATH PIECE_LENGTH TRACKER TORRENT"""

import os
import sys

import libtorrent

path, piece_length, tracker, torrent = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]

storage = libtorrent.file_storage()
libtorrent.add_files(storage, path)
creator = libtorrent.create_torrent(storage, piece_length, flags=libtorrent.create_torrent.v1_only)
creator.add_tracker(tracker)
libtorrent.set_piece_hashes(creator, os.path.dirname(path))
with open(torrent, "wb") as out:
    out.write(libtorrent.bencode(creator.generate()))
