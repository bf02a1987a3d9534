"""Tries one password under a name given as raw bytes: raw_names.py FROM SERVER FILE_WITH_HEX."""
import binascii
import logging
import socket
import sys

import paramiko

logging.disable(logging.CRITICAL)
source, server, path = sys.argv[1:4]
with open(path, encoding="ascii") as file:
    name = binascii.unhexlify(file.read().strip())
peer = socket.create_connection((server, 22), timeout=20, source_address=(source, 0))
transport = paramiko.Transport(peer)
transport.start_client(timeout=20)
try:
    transport.auth_password(name, "Himitsu-0000")
except (paramiko.SSHException, EOFError):
    pass
else:
    sys.exit("the name was let in")
finally:
    transport.close()
