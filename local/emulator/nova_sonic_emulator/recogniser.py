"""Speech recognition in processes of its own.

pocketsphinx holds Python's global lock while it decodes, up to 200 ms at a time; in the
emulator's process that would stall every stream. So one process loads the models, and forks for
each utterance a child that shares them, decodes while the speaker talks, answers and ends.
`recogniser_process` is what runs there.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable

from loguru import logger

HEADER = struct.Struct("!cI")
"""Of a message to the process: its kind and the length of what follows."""
GRAMMAR, LISTEN, AUDIO, END = b"G", b"L", b"A", b"E"
_ANSWER_SECONDS = 10


class Recogniser:
    """The recognising process, as seen from the one that started it."""

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._prepared = ""

    def start(self) -> socket.socket:
        """Starts the process if it does not run; it loads its models for a second, without us.

        Returns:
            The socket over which it takes the sockets of utterances.
        """
        if self._control and self._process and self._process.poll() is None:
            return self._control
        self.stop()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "nova_sonic_emulator.recogniser_process"],
                stdin=theirs.fileno(),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        return self._control

    def stop(self) -> None:
        """Ends the process. Utterances that are being recognised end as they should."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.terminate()  # it may still be loading its models
            self._process.wait()
        self._control = self._process = None
        self._prepared = ""

    def prepare(self, grammar: str) -> None:
        """Has the process learn a grammar, which takes a fifth of a second, before it is needed.

        Args:
            grammar: JSGF. Only the last one stays learnt.
        """
        control = self.start()
        if grammar != self._prepared:
            content = grammar.encode()
            self._tell(control, lambda to: to.sendall(HEADER.pack(GRAMMAR, len(content)) + content))
            self._prepared = grammar

    def listen(self, grammar: str | None) -> Utterance:
        """Begins an utterance; needs a running event loop.

        Args:
            grammar: JSGF of the sentences that are expected, None when anything is.
        """
        control = self.start()
        ours, theirs = socket.socketpair()
        with theirs:
            listen = HEADER.pack(LISTEN, 0)
            self._tell(control, lambda to: socket.send_fds(to, [listen], [theirs.fileno()]))
        return Utterance(ours, grammar)

    def _tell(self, control: socket.socket, send: Callable[[socket.socket], object]) -> None:
        """Sends to the process, or to a new one if it is just dying."""
        try:
            send(control)
        except OSError:
            self.stop()
            send(self.start())


class Utterance:
    """What somebody is saying, on its way to words."""

    def __init__(self, connection: socket.socket, grammar: str | None) -> None:
        self._messages: asyncio.Queue[tuple[bytes, bytes]] = asyncio.Queue()
        if grammar is not None:
            self._messages.put_nowait((GRAMMAR, grammar.encode()))
        self._answer = asyncio.get_running_loop().create_task(self._exchange(connection))

    def hear(self, pcm: bytes) -> None:
        """Takes the next piece of it: 16 kHz mono s16le."""
        self._messages.put_nowait((AUDIO, pcm))

    def end(self) -> None:
        """Tells that there is no more."""
        self._messages.put_nowait((END, b""))

    def abandon(self) -> None:
        """Gives up on it."""
        self._answer.cancel()

    async def text(self) -> str:
        """The words, in lower case; empty if there were none or the recogniser failed."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._answer
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            logger.bind(error=type(error).__name__).error("recogniser gave no answer")
            return ""

    async def _exchange(self, connection: socket.socket) -> str:
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            kind = b""
            while kind != END:
                kind, content = await self._messages.get()
                writer.write(HEADER.pack(kind, len(content)) + content)
            answer = json.loads(await reader.readline())
        finally:
            writer.close()
        logger.bind(**answer).debug("utterance recognised")
        return str(answer["text"])
