"""Small checks on addresses: does it answer, is it taken, which ports are free."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

_SECONDS = 2

type Probe = Callable[[], Awaitable[bool]]


def http(url: str) -> Probe:
    """A probe that says yes when `url` answers with a success."""
    address = urlsplit(url)
    request = f"GET {address.path or '/'} HTTP/1.0\r\nHost: {address.netloc}\r\n\r\n".encode()

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(request)
        _, _, status = (await reader.readline()).partition(b" ")
        return status.startswith(b"2")

    return _probe(address.hostname, address.port, ask)


def tcp(url: str) -> Probe:
    """A probe that says yes when the host and port of `url` accept a connection."""
    address = urlsplit(url)

    async def ask(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> bool:
        return True

    return _probe(address.hostname, address.port, ask)


def port_is_taken(port: int) -> bool:
    """Whether somebody listens on `port` of this machine already."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as one:
                one.settimeout(1)
                if one.connect_ex((host, port)) == 0:
                    return True
        except OSError:
            continue  # a machine without IPv6
    return False


def free_ports(count: int) -> list[int]:
    """`count` different ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _probe(
    host: str | None,
    port: int | None,
    ask: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]],
) -> Probe:
    async def probe() -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    return await ask(reader, writer)
                finally:
                    writer.close()
        except OSError:
            return False

    return probe
