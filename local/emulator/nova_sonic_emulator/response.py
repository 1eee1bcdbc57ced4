"""The response to one invocation: an HTTP error, or a stream of frames, perhaps held back."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

from nova_sonic_emulator import frames
from nova_sonic_emulator.connection import Exchange
from nova_sonic_emulator.errors import Refusal


class Response:
    """Answers one exchange. Headers go out with the first frame, or when asked for."""

    def __init__(self, exchange: Exchange) -> None:
        self.started = False
        self._exchange = exchange
        self._held: list[bytes] | None = None
        self._ended = False

    def start(self) -> None:
        """Send the headers of a stream, unless they are sent."""
        if self.started:
            return
        self.started = True
        if self._held is None:
            self._send_headers()

    def send(self, frame: bytes) -> None:
        """Send a frame."""
        self.start()
        if self._held is None:
            self._exchange.send(frame)
        else:
            self._held.append(frame)

    def end(self) -> None:
        """End the stream of frames."""
        self.start()
        self._ended = True
        if self._held is None:
            self._exchange.end()

    def refuse(self, refusal: Refusal) -> None:
        """Answer with an HTTP error in the service's form, in place of a stream."""
        self.started = True
        body = json.dumps({"message": refusal.message}).encode()
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "x-amzn-requestid": str(uuid4()),
            "x-amzn-errortype": refusal.code,
        }
        self._exchange.respond(refusal.status, headers, body)

    def hold(self, seconds: float) -> None:
        """Keep everything back for a while, headers too."""
        self._held = []
        asyncio.get_running_loop().call_later(seconds, self._release)

    def _send_headers(self) -> None:
        headers = {"content-type": frames.CONTENT_TYPE, "x-amzn-requestid": str(uuid4())}
        self._exchange.respond(200, headers)

    def _release(self) -> None:
        held, self._held = self._held or [], None
        if self.started:
            self._send_headers()
        for frame in held:
            self._exchange.send(frame)
        if self._ended:
            self._exchange.end()
