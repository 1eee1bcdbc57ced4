"""What callers say in the tests: the recorded sentences of `tests/audio`, and pauses."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

AUDIO = Path(__file__).parent / "audio"

SAMPLE_RATE = 16_000
"""Of every recording, in hertz; 16 bit, mono."""


def load(name: str) -> bytes:
    """The samples of a recording, as 16-bit little-endian PCM."""
    with wave.open(str(AUDIO / f"{name}.wav"), "rb") as file:
        return file.readframes(file.getnframes())


def silence(seconds: float) -> bytes:
    """That much digital silence, as 16-bit PCM."""
    return bytes(2 * round(seconds * SAMPLE_RATE))


def say(parts: Sequence[str | float | bytes]) -> bytes:
    """Recordings and pauses, one after the other: a name, a number of seconds, or PCM each."""
    return b"".join(part if isinstance(part, bytes) else _said(part) for part in parts)


def _said(part: str | float) -> bytes:
    return load(part) if isinstance(part, str) else silence(part)


def compose(folder: Path, parts: Sequence[str | float | bytes]) -> Path:
    """Write recordings and pauses into one WAV file in `folder`, for a browser's microphone."""
    file = folder / "microphone.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(say(parts))
    return file
