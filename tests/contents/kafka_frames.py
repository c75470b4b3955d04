"""A request as a client sends it that knows no password."""

import socket
import struct

DESCRIBE_CLUSTER = 60  # which a broker answers, and a controller


def answers_anybody(port):
    """Whether something other than a closed connection comes back."""
    header = struct.pack(">hhih", DESCRIBE_CLUSTER, 0, 1, -1) + b"\0"
    frame = header + b"\0\0"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(struct.pack(">i", len(frame)) + frame)
        try:
            return bool(connection.recv(4))
        except ConnectionResetError:
            return False
