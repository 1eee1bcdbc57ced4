"""Recorded sentences."""

import wave
from pathlib import Path

AUDIO = Path(__file__).resolve().parents[1] / "audio"
RATE = 16_000


def sentence(name: str) -> bytes:
    """A sentence as 16 kHz PCM, with the pause behind it that ends a turn."""
    with wave.open(str(AUDIO / f"{name}.wav")) as recorded:
        assert recorded.getframerate() == RATE
        assert recorded.getnchannels() == 1
        return recorded.readframes(recorded.getnframes()) + bytes(RATE * 2)
