"""Connects to port 22, says something and leaves: greet.py FROM SERVER HEX."""
import socket
import sys

source, server, said = sys.argv[1:4]
peer = socket.create_connection((server, 22), timeout=5, source_address=(source, 0))
peer.settimeout(1)
peer.sendall(bytes.fromhex(said))
try:
    for _ in range(2):
        if not peer.recv(4096):
            break
except OSError:
    pass
peer.close()
