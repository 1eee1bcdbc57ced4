"""What WebRTC's side of a bot does about lost packets: aiortc's own jitter buffer, played through.

SmallWebRTC's sound comes through it. There is no network here, and no clock but the packets'.
"""

from __future__ import annotations

import random
from dataclasses import asdict

from tests.bench.figures import SPREAD_COLUMNS, Figure, Spread, number

_LOSSES = (0.0, 0.01, 0.05, 0.1)
_PACKETS = 15_000
_PACKET_MS = 20
_TICKS_A_PACKET = 960
_CAPACITY, _PREFETCH = 16, 4
"""Of the buffer for sound: `aiortc.rtcrtpreceiver`."""


def figure() -> Figure:
    """Delay in the buffer, and what is missing, by loss."""
    # aiortc is larger than all the rest, and not everywhere.
    from aiortc.jitterbuffer import JitterBuffer
    from aiortc.rtp import RtpPacket

    rows, data = [], {}
    for loss in _LOSSES:
        chance, buffer = random.Random(3), JitterBuffer(_CAPACITY, _PREFETCH)  # noqa: S311
        delays: list[float] = []
        for place in range(_PACKETS):
            if chance.random() < loss:
                continue
            packet = RtpPacket(sequence_number=place % 65_536, timestamp=place * _TICKS_A_PACKET)
            packet._data = b"sound"  # type: ignore[attr-defined]
            # One packet in, and at most one frame out.
            _, frame = buffer.add(packet)
            if frame is not None:
                delays.append(_PACKET_MS * (place - frame.timestamp / _TICKS_A_PACKET))
        spread = Spread.of(delays)
        missing = 100 * (1 - len(delays) / _PACKETS)
        rows.append([f"{100 * loss:g} % lost", *spread.cells(), number(missing)])
        data[f"{loss}"] = {"delay_ms": asdict(spread), "missing_percent": missing}
    return Figure(
        title="A caller's sound in SmallWebRTC's jitter buffer, in ms",
        measured=(
            f"{_PACKETS:,} packets of {_PACKET_MS} ms through aiortc's buffer for sound, some of "
            "them lost: from a packet's arrival to its leaving the buffer. Missing: what never "
            "left it, the lost included, in percent."
        ),
        columns=("", *SPREAD_COLUMNS, "missing, %"),
        rows=rows,
        notes=[
            "aiortc asks for no lost sound again, uses no forward error correction and fills no "
            "gap: it waits for a packet until the buffer is full, then goes on behind it."
        ],
        data=data,
    )
