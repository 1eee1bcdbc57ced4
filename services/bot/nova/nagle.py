"""Nagle's algorithm, off: the CRT leaves it on and has no option for it."""

import socket
from pathlib import Path

_OPEN_FILES = Path("/dev/fd")


def send_at_once(port: int) -> None:
    """Has this process's TCP connections to a port send what they are given at once.

    Otherwise each piece of the caller's audio waits until the one before it is acknowledged, which
    the other end puts off for up to 40 ms: `make bench` saw 21 ms in the median and 42 in the 95th
    percentile, and 2 and 4 without. The CRT gives its sockets to nobody, so they are looked for
    among the open files.

    Args:
        port: The peer's port.
    """
    for file in _OPEN_FILES.iterdir():
        try:
            connection = socket.socket(fileno=int(file.name))
        except OSError:  # no socket, or closed by now
            continue
        try:
            if connection.getpeername()[1:2] == (port,):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # not connected
            continue
        finally:
            connection.detach()  # it is not ours to close
