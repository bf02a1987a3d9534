"""Tries passwords over one ssh connection: knock.py FROM SERVER FILE; prints how many were sent.

FILE holds one line of hexadecimal bytes for the name and one for each password, so that any bytes can be sent. The
program ends when the server cuts the connection; the password that made it do so was sent and counts.
"""
import logging
import socket
import sys

import paramiko

logging.disable(logging.CRITICAL)
source, server, path = sys.argv[1:4]
with open(path, encoding="ascii") as file:
    name, *passwords = [bytes.fromhex(line.strip()) for line in file]
peer = socket.create_connection((server, 22), timeout=20, source_address=(source, 0))
transport = paramiko.Transport(peer)
transport.start_client(timeout=20)
sent = 0
for password in passwords:
    sent += 1
    try:
        transport.auth_password(name, password, fallback=False)
    except paramiko.BadAuthenticationType:
        sys.exit("the server takes no passwords")
    except paramiko.AuthenticationException:
        if not transport.is_active():
            break
    except (paramiko.SSHException, EOFError):
        break
    else:
        sys.exit("the password was right")
transport.close()
print(sent)
