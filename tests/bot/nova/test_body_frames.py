"""Frames that go past `h2`, and that `h2` does not miss them."""

import asyncio
import socket
from collections.abc import Iterator
from itertools import pairwise
from typing import cast

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame
from hypothesis import given
from hypothesis import strategies as st

from services.bot.nova.body_frames import Frames
from services.bot.nova.errors import StreamLost
from services.bot.nova.http2 import Connection

FRAMES = [
    HeadersFrame(1, b"headers", flags=["END_HEADERS"]),
    DataFrame(1, b"first"),
    DataFrame(3, b"of another stream"),
    PingFrame(0, b"12345678"),
    DataFrame(1, b""),
    DataFrame(1, b"padded", pad_length=3, flags=["PADDED"]),
    DataFrame(1, b"x" * 16_384),
    DataFrame(1, b"last", flags=["END_STREAM"]),
]
WIRE = b"".join(frame.serialize() for frame in FRAMES)
REQUEST = [(":method", "POST"), (":scheme", "https"), (":authority", "nova"), (":path", "/")]


class Peer(asyncio.Transport):
    """A server, and the connection to it."""

    def __init__(self, tcp: socket.socket, response: list[tuple[str, str]]) -> None:
        super().__init__({"ssl_object": self, "socket": tcp})
        self.response = response
        self.http2 = H2Connection(H2Configuration(client_side=False))
        self.http2.initiate_connection()
        self.client = Connection()
        self.client.connection_made(self)
        self.client.request(REQUEST)
        self.send_waiting()

    def selected_alpn_protocol(self) -> str:
        return "h2"

    def write(self, data: object) -> None:
        for event in self.http2.receive_data(cast("bytes", data)):
            if isinstance(event, RequestReceived):
                self.http2.send_headers(1, self.response)

    def close(self) -> None:
        pass

    def send_body(self, body: bytes) -> None:
        """Sends as much as the client's windows allow."""
        left = memoryview(body)
        while left and (room := min(self.http2.local_flow_control_window(1), 16_384)):
            self.http2.send_data(1, left[:room].tobytes())
            left = left[room:]
            self.send_waiting()

    def send_waiting(self) -> None:
        """Sends what `h2` has to say."""
        self.send(self.http2.data_to_send())

    def send(self, sent: bytes) -> None:
        """Has the client read it, in pieces that are no frames."""
        data = memoryview(sent)
        while data:
            into = memoryview(self.client.get_buffer(-1))
            count = min(len(into), len(data), 10_000)
            into[:count] = data[:count]
            self.client.buffer_updated(count)
            data = data[count:]


@pytest.fixture
def peer() -> Iterator[Peer]:
    with socket.socket() as tcp:
        yield Peer(tcp, [(":status", "200")])


@given(st.lists(st.integers(1, len(WIRE) - 1), max_size=20))
def test_frames_are_the_same_however_they_arrive(cuts: list[int]) -> None:
    frames, found = Frames(1), []
    places = [0, *sorted(set(cuts)), len(WIRE)]
    for start, stop in pairwise(places):
        found += frames.cut(WIRE[start:stop])
    assert [frame.whole for frame in found] == [frame.serialize() for frame in FRAMES]
    assert [frame.body for frame in found if frame.of_body] == [b"first", b"", b"x" * 16_384]


async def test_a_body_of_more_than_the_windows_arrives(peer: Peer) -> None:
    body, heard = bytes(range(256)) * 150_000, bytearray()
    peer.client.response.stream_to(heard.extend, lambda _: None)
    peer.send_body(body)
    assert heard == body


async def test_a_body_whose_length_was_told_ends_as_it_should() -> None:
    body, heard, ends = b"not allowed" * 5000, bytearray(), list[StreamLost | None]()
    with socket.socket() as tcp:
        peer = Peer(tcp, [(":status", "403"), ("content-length", str(len(body)))])
        peer.client.response.stream_to(heard.extend, ends.append)
        peer.send_body(body)
        peer.http2.end_stream(1)
        peer.send_waiting()
    assert heard == body
    assert ends == [None]


@pytest.mark.parametrize(
    "sent",
    [
        (16_385).to_bytes(3) + bytes([0, 0, 0, 0, 0, 1]) + b"x" * 100,
        DataFrame(3, b"of a stream that there is not").serialize(),
    ],
    ids=["too long", "no stream"],
)
async def test_what_breaks_the_protocol_ends_the_stream(peer: Peer, sent: bytes) -> None:
    heard, ends = list[bytes](), list[StreamLost | None]()
    peer.client.response.stream_to(heard.append, ends.append)
    peer.send(sent)
    assert not heard
    assert len(ends) == 1
    assert "broke HTTP/2" in str(ends[0])
