"""Nova's connections send the caller's audio at once."""

import socket
from collections.abc import Iterator
from pathlib import Path

from services.bot.nova import nagle
from services.bot.nova.transport import Transport
from tests.bot.nova.conftest import StartEmulator


def connections(port: int) -> Iterator[bool]:
    """Whether each connection of this process to a port sends at once."""
    for file in Path("/dev/fd").iterdir():
        try:
            connection = socket.socket(fileno=int(file.name))
        except OSError:
            continue
        try:
            if connection.getpeername()[1:2] == (port,):
                yield bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        except OSError:
            continue
        finally:
            connection.detach()


async def test_a_stream_to_nova_sends_at_once(start_emulator: StartEmulator) -> None:
    emulator = await start_emulator()
    port = int(emulator.url.rpartition(":")[2])
    transport = Transport()
    await transport.connect("localhost", port, seconds=10)
    assert list(connections(port)) == [True]
    transport.close()


def test_connections_to_other_ports_and_other_files_are_left_alone(tmp_path: Path) -> None:
    with (
        (tmp_path / "file").open("w"),
        socket.create_server(("127.0.0.1", 0)) as ours,
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_connection(ours.getsockname()),
        socket.create_connection(other.getsockname()),
    ):
        nagle.send_at_once(ours.getsockname()[1])
        assert list(connections(ours.getsockname()[1])) == [True]
        assert list(connections(other.getsockname()[1])) == [False]
