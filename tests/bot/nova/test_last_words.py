"""What Nova said last is heard, however busy the process was when Nova went away."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

import pytest
import uvloop
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event, RequestReceived

from nova_sonic_emulator import certificates
from services.bot.nova.errors import StreamLost
from services.bot.nova.http2 import Connection
from tests.bot.nova.test_body_frames import REQUEST
from tests.trust import BUNDLE, CA_DIR

SECONDS = 20
LAST = b"x" * 200_000


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_backlog_before_the_end_is_read(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        heard, end = runner.run(_listen())
    assert heard == LAST
    assert end is None


async def _listen() -> tuple[bytes, StreamLost | None]:
    heard, ended = bytearray(), asyncio.get_running_loop().create_future()
    wanted, gone = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nova = asyncio.create_task(asyncio.to_thread(_speak, listener, wanted, gone))
        trusting = ssl.create_default_context(cafile=BUNDLE)
        trusting.set_alpn_protocols(["h2"])
        async with asyncio.timeout(SECONDS):
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection, *listener.getsockname(), ssl=trusting, server_hostname="localhost"
            )
            connection.request(REQUEST)
            await connection.response.wait_for_headers()
            connection.response.stream_to(heard.extend, ended.set_result)
            wanted.set()
            gone.wait(SECONDS)  # and the event loop with it
            end = await ended
            connection.close()
            await nova
    return bytes(heard), end


def _speak(listener: socket.socket, wanted: threading.Event, gone: threading.Event) -> None:
    accepted, _ = listener.accept()
    with certificates.server_context(CA_DIR).wrap_socket(accepted, server_side=True) as line:
        line.settimeout(SECONDS)
        http2 = H2Connection(H2Configuration(client_side=False))
        http2.initiate_connection()
        line.sendall(http2.data_to_send())
        events = list[Event]()
        while not any(isinstance(event, RequestReceived) for event in events):
            events += http2.receive_data(line.recv(65_536))
        http2.send_headers(1, [(":status", "200")])
        line.sendall(http2.data_to_send())
        wanted.wait(SECONDS)
        for start in range(0, len(LAST), 10_000):
            http2.send_data(1, LAST[start : start + 10_000])
        http2.end_stream(1)
        line.sendall(http2.data_to_send())
        line.shutdown(socket.SHUT_WR)
        gone.set()
        with contextlib.suppress(OSError):  # as the client pleases
            while line.recv(65_536):
                pass
