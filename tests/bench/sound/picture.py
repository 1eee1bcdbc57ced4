"""`python -m tests.bench.sound.picture FILE`: a call before and after the front end, as a PNG.

The agent talks, the caller interrupts in the middle of it. Above what the microphone hears, below
what is left of it; of each the waveform and the spectrum over time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.bench.sound import speech
from tests.bench.sound.acoustic_loop import Loop, hiss
from tests.bench.sound.loudspeakers import soft_clipping
from tests.bench.sound.rooms import Room, heard
from tests.bench.sound.signals import SAMPLE_RATE, Signal, at_level

_SECONDS = 11.0
_WARM_SECONDS = 4.0
_CALLER_AT = 5.0
_WIDTH, _LEFT, _GAP = 1120, 20, 16
_WAVE, _SPECTRUM, _TITLE = 84, 150, 30
_PAPER, _INK, _SOFT, _BLUE = (251, 252, 254), (31, 39, 51), (91, 102, 117), (43, 99, 214)
#: Quiet to loud.
_HEAT = ((10, 14, 26), (44, 42, 110), (150, 44, 118), (238, 110, 60), (252, 230, 150))
_FLOOR_DB, _TOP_DB = -95.0, -30.0
_WINDOW = 512


def draw() -> Image.Image:
    """The picture."""
    far = at_level(speech.agent_speech(_SECONDS + _WARM_SECONDS), -20)
    near = heard(soft_clipping(far), Room().response(), delay_seconds=0.15, loss_db=6)
    near = near + hiss(len(near), -75)
    said = at_level(speech.recorded("where_is_my_order_4217").sound, -17)
    start = round((_WARM_SECONDS + _CALLER_AT) * SAMPLE_RATE)
    near[start : start + len(said)] += said
    after = Loop().run(far, near)
    height = 2 * (_TITLE + _WAVE + _SPECTRUM + _GAP) + 24
    picture = Image.new("RGB", (_WIDTH, height), _PAPER)
    brush = ImageDraw.Draw(picture)
    span = (start / SAMPLE_RATE - _WARM_SECONDS, (start + len(said)) / SAMPLE_RATE - _WARM_SECONDS)
    first = round(_WARM_SECONDS * SAMPLE_RATE)
    top = 0
    for title, signal in (
        ("Before: what the caller's microphone hears", near),
        ("After the front end: what Nova Sonic hears", after),
    ):
        _band(picture, brush, top, title, signal[first:], span)
        top += _TITLE + _WAVE + _SPECTRUM + _GAP
    for second in range(0, int(_SECONDS) + 1, 2):
        x = _LEFT + second * (_WIDTH - 2 * _LEFT) / _SECONDS
        brush.text((x, top - 10), f"{second} s", fill=_SOFT, font=_font(13), anchor="ma")
    return picture


def _band(
    picture: Image.Image,
    brush: ImageDraw.ImageDraw,
    top: int,
    title: str,
    signal: Signal,
    span: tuple[float, float],
) -> None:
    width = _WIDTH - 2 * _LEFT
    brush.text((_LEFT, top + 10), title, fill=_INK, font=_font(17))
    middle = top + _TITLE + _WAVE // 2
    columns = np.array_split(signal, width)
    for x, column in enumerate(columns):
        low, high = column.min(), column.max()
        scale = _WAVE / 2 / 0.6
        ends = (middle - min(high, 0.6) * scale, middle - max(low, -0.6) * scale + 1)
        brush.line([(_LEFT + x, ends[0]), (_LEFT + x, ends[1])], fill=_BLUE)
    place = (_LEFT, top + _TITLE + _WAVE + 4)
    picture.paste(_spectrum(signal, width), place)
    left, right = (_LEFT + each * width / _SECONDS for each in span)
    brush.line([(left, top + _TITLE + 2), (right, top + _TITLE + 2)], fill=_INK, width=3)
    words = "the caller speaks over the agent"
    brush.text((right + 8, top + _TITLE - 8), words, fill=_INK, font=_font(14))


def _spectrum(signal: Signal, width: int) -> Image.Image:
    hop = max(1, (len(signal) - _WINDOW) // width)
    frames = np.lib.stride_tricks.sliding_window_view(signal, _WINDOW)[::hop][:width]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1) / (_WINDOW / 4)) ** 2
    db = 10 * np.log10(power[:, ::-1].T + 1e-12)
    level = np.clip((db - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB), 0, 1)
    heat = np.array(_HEAT, float)
    steps = np.linspace(0, 1, len(heat))
    pixels: NDArray[np.uint8] = np.stack(
        [np.interp(level, steps, heat[:, channel]) for channel in range(3)], axis=2
    ).astype(np.uint8)
    return Image.fromarray(pixels).resize((width, _SPECTRUM), Image.Resampling.BILINEAR)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


if __name__ == "__main__":
    draw().quantize(128).save(Path(sys.argv[1]), optimize=True)
