"""The voice: espeak-ng, in this process."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import math
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import espeakng_loader  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class _Speaker:
    """How one of Nova's voices sounds here; pitch from 0 to 100, rate in words a minute."""

    espeak: str
    pitch: int
    rate: int = 165


# All of them speak English, as the scripts do; what differs is who speaks.
_SPEAKERS = {
    "tiffany": _Speaker("en-us+f3", 55),
    "matthew": _Speaker("en-us+m3", 40),
    "amy": _Speaker("en+f3", 70),
    "olivia": _Speaker("en-gb-x-rp+f4", 50),
    "kiara": _Speaker("en+f5", 65),
    "arjun": _Speaker("en+m5", 45),
    "ambre": _Speaker("en-us+f2", 65),
    "florian": _Speaker("en-us+m7", 50),
    "beatrice": _Speaker("en-us+f4", 45),
    "lorenzo": _Speaker("en-us+m1", 35),
    "tina": _Speaker("en-us+f5", 50),
    "lennart": _Speaker("en-us+m2", 45),
    "lupe": _Speaker("en-us+f2", 50),
    "carlos": _Speaker("en-us+m4", 40),
    "carolina": _Speaker("en-us+f4", 60),
    "leo": _Speaker("en-us+m6", 45),
}
_ANY_SPEAKER = _Speaker("en-us+f1", 50)
_CACHED_SENTENCES = 128
_PAUSE_SECONDS = 0.15
_QUIET = 64
_LONG_NUMBER = re.compile(r"(?<![\w.:,-])\d{3,}(?![\w:-]|[.,]\d)")


class Voice:
    """Turns sentences into sound, one at a time; streams may share it."""

    def __init__(self) -> None:
        self._cache: OrderedDict[tuple[str, _Speaker, int, float], bytes] = OrderedDict()

    async def speak(self, text: str, *, voice_id: str, sample_rate: int, speed: float = 1) -> bytes:
        """Speaks one sentence.

        Args:
            text: As it is shown; numbers of three digits and more are read digit by digit.
            voice_id: One of Nova Sonic's voices; an unknown one is given a voice as well.
            sample_rate: Hz.
            speed: 2 is twice as fast.

        Returns:
            Mono s16le audio.
        """
        key = (text, _SPEAKERS.get(voice_id.lower(), _ANY_SPEAKER), sample_rate, speed)
        pcm = self._cache.get(key)
        if pcm is None:
            pcm = await asyncio.to_thread(_espeak().speak, spoken_form(text), *key[1:])
            self._cache[key] = pcm
        self._cache.move_to_end(key)
        while len(self._cache) > _CACHED_SENTENCES:
            self._cache.popitem(last=False)
        return pcm


def spoken_form(text: str) -> str:
    """Text as the synthesiser should read it: "order 4217" as "order 4 2 1 7"."""
    return _LONG_NUMBER.sub(lambda number: " ".join(number.group()), text)


class _Espeak:
    """espeak-ng's C interface. The library has one global state, hence one instance and a lock."""

    _SYNCHRONOUS, _NEVER_EXIT, _UTF8 = 2, 0x8000, 1
    _RATE, _PITCH = 1, 3

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._lock = threading.Lock()
        self._samples: list[bytes] = []
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = signature(self._collect)
        self._rate: int = self._library.espeak_Initialize(
            self._SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), self._NEVER_EXIT
        )
        if self._rate <= 0:
            raise RuntimeError("espeak-ng cannot be initialised; is its data folder complete?")
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, speaker: _Speaker, sample_rate: int, speed: float) -> bytes:
        """Mono s16le audio of `text`: no silence before it, a sentence's pause behind it."""
        encoded = text.encode()
        with self._lock:
            self._samples.clear()
            if self._library.espeak_SetVoiceByName(speaker.espeak.encode()):
                raise RuntimeError(f"espeak-ng has no voice {speaker.espeak}")
            self._library.espeak_SetParameter(self._RATE, round(speaker.rate * speed), 0)
            self._library.espeak_SetParameter(self._PITCH, speaker.pitch, 0)
            self._library.espeak_Synth(
                encoded, ctypes.c_size_t(len(encoded) + 1), 0, 1, 0, self._UTF8, None, None
            )
            pcm = b"".join(self._samples)
        sound = _trim(np.frombuffer(pcm, dtype="<i2").astype(np.float64))
        pause = np.zeros(int(self._rate * _PAUSE_SECONDS))
        return _resample(np.concatenate((sound, pause)), self._rate, sample_rate)

    def _collect(self, samples: Any, count: int, _events: Any) -> int:  # noqa: ANN401 - ctypes
        if samples and count:
            self._samples.append(ctypes.string_at(samples, count * 2))
        return 0


@functools.cache
def _espeak() -> _Espeak:
    return _Espeak()


def _trim(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    return samples[loud[0] : loud[-1] + 1] if loud.size else samples[:0]


def _resample(samples: NDArray[np.float64], rate: int, wanted: int) -> bytes:
    """Band-limited and exactly as long; a sentence is short enough to be transformed whole."""
    step = rate // math.gcd(rate, wanted)
    samples = np.pad(samples, (0, -len(samples) % step))
    count = len(samples) * wanted // rate
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    spectrum = np.pad(spectrum, (0, count // 2 + 1 - len(spectrum)))
    converted = np.fft.irfft(spectrum, count) * (wanted / rate)
    return bytes(np.clip(np.rint(converted), -32768, 32767).astype("<i2").tobytes())
