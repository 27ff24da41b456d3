"""A plugin's module that reaches for the network while it is imported, and swallows the refusal."""

import socket
from contextlib import suppress

with suppress(OSError):
    socket.create_connection(("127.0.0.1", 9), timeout=0.1).close()
