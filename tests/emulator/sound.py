"""What callers let an emulator hear."""

from __future__ import annotations

from nova_sonic_emulator.voice import Voice

SILENCE = bytes(32 * 700)
"""0.7 s at 16 kHz."""


async def speech(text: str, rate: int = 16000) -> bytes:
    """A caller's words, between two silences."""
    spoken = await Voice().speak(text, voice_id="matthew", sample_rate=rate)
    silence = bytes(rate * 2 * 7 // 10)
    return silence + spoken + silence
