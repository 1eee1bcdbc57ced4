"""The process that recognises speech; `recogniser` starts it and talks with it.

Its standard input is a Unix socket over which the sockets of new utterances come. It ends when
that is closed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import os
import signal
import socket
import sys
from io import BufferedRWPair

from nova_sonic_emulator.decoding import Decoders
from nova_sonic_emulator.recogniser import AUDIO, END, GRAMMAR, HEADER


def serve(control: socket.socket) -> None:
    """Loads the models, then forks a child for each utterance until `control` is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    decoders = Decoders()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, HEADER.size, 1)
        if len(message) < HEADER.size:
            return
        kind, length = HEADER.unpack(message)
        if kind == GRAMMAR:
            decoders.learn(control.recv(length, socket.MSG_WAITALL).decode())
        for descriptor in descriptors:
            with socket.socket(fileno=descriptor) as utterance:
                if os.fork() == 0:
                    control.close()
                    _attend(decoders, utterance)
                    os._exit(0)


def _attend(decoders: Decoders, utterance: socket.socket) -> None:
    """Decodes one utterance; a speaker who goes away in the middle of it is no error."""
    with contextlib.suppress(OSError, EOFError), utterance.makefile("rwb") as stream:
        kind, content = _receive(stream)
        decoders.start(content.decode() if kind == GRAMMAR else None)
        while kind != END:
            if kind == AUDIO:
                decoders.hear(content)
            kind, content = _receive(stream)
        stream.write(json.dumps(dataclasses.asdict(decoders.finish())).encode() + b"\n")


def _receive(stream: BufferedRWPair) -> tuple[bytes, bytes]:
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError
    kind, length = HEADER.unpack(header)
    return kind, stream.read(length)


if __name__ == "__main__":
    serve(socket.socket(fileno=sys.stdin.fileno()))
