"""Small checks on addresses: does it answer, is it taken, which ports are free."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

_SECONDS = 2

type Probe = Callable[[], Awaitable[bool]]


def http(url: str) -> Probe:
    """A probe that says yes when `url` answers with a success."""

    async def probe() -> bool:
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
                return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False

    return probe


def tcp(url: str) -> Probe:
    """A probe that says yes when the host and port of `url` accept a connection."""
    address = urlsplit(url)

    async def probe() -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                _, writer = await asyncio.open_connection(address.hostname, address.port)
        except OSError:
            return False
        writer.close()
        return True

    return probe


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
