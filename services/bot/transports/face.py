"""The agent's face as pictures: a soft body that breathes while it listens, and ripples in speech.

It is what the page draws itself on the other transports (`services/client/src/avatar.ts`), in the
same colours; here it is a video, so that whoever joins the room with any client of Daily's sees it.
"""

import functools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pipecat.frames.frames import OutputImageRawFrame, SpriteFrame

SIZE = 320
"""Pixels, both ways."""

FRAMES_A_SECOND = 10

_BREATH_FRAMES = 24
_WORD_FRAMES = 14
_NIGHT = (13, 20, 28)

Colour = tuple[int, int, int]
Pixels = NDArray[np.float32]
"""One number for each pixel, or three."""


@functools.cache
def listening() -> SpriteFrame:
    """A breath, to be repeated; about 7 MB, drawn once for a process."""
    colours: tuple[Colour, ...] = ((178, 250, 226), (28, 176, 152), (14, 92, 140))
    return _sprite(_BREATH_FRAMES, colours, ripple=0.008, pulse=lambda t: 0.5 - 0.5 * math.cos(t))


@functools.cache
def speaking() -> SpriteFrame:
    """A few syllables, to be repeated; about 4 MB, drawn once for a process."""
    colours: tuple[Colour, ...] = ((255, 224, 168), (246, 122, 88), (176, 44, 104))
    return _sprite(
        _WORD_FRAMES,
        colours,
        ripple=0.045,
        pulse=lambda t: 0.5 + 0.3 * math.sin(2 * t) + 0.2 * math.sin(5 * t),
    )


def _sprite(
    frames: int, colours: tuple[Colour, ...], *, ripple: float, pulse: Callable[[float], float]
) -> SpriteFrame:
    turns = (math.tau * frame / frames for frame in range(frames))
    drawn = [_draw(colours, turn, ripple, pulse(turn)) for turn in turns]
    return SpriteFrame(
        images=[OutputImageRawFrame(image, size=(SIZE, SIZE), format="RGB") for image in drawn]
    )


def _draw(colours: tuple[Colour, ...], turn: float, ripple: float, voice: float) -> bytes:
    """One picture as RGB.

    Args:
        colours: Of the core, the body and the edge.
        turn: How far the animation is, in radians.
        ripple: How far the outline leaves the circle, as part of the picture's half.
        voice: How wide and bright it is now, 0 to 1.
    """
    x, y, distance, angle = _geometry()
    core, body, edge = (np.array(colour, np.float32) for colour in colours)
    waves = np.sin(3 * angle + turn) + np.sin(5 * angle - 2 * turn)
    outline = 0.56 + 0.05 * voice + ripple * voice * waves
    shade = np.clip(np.hypot(x - 0.2, y - 0.3) - 0.25, 0, 0.75)
    light = np.clip(1 - np.hypot(x + 0.15, y + 0.25) / (0.45 + 0.15 * voice), 0, 1)
    glow = np.clip(1 - distance, 0, 1) ** 2 * (0.25 + 0.35 * voice)
    surface = _mixed(_mixed(body, edge, shade), core, light)
    around = _mixed(np.array(_NIGHT, np.float32), body, glow)
    inside = np.clip((outline - distance) * SIZE / 6, 0, 1)
    return bytes(_mixed(around, surface, inside).astype(np.uint8).tobytes())


@functools.cache
def _geometry() -> tuple[Pixels, Pixels, Pixels, Pixels]:
    """Of every pixel, with the middle at 0 and the rim at 1: x, y, distance and angle."""
    line = np.linspace(-1, 1, SIZE, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return x, y, np.hypot(x, y), np.arctan2(y, x)


def _mixed(below: Pixels, above: Pixels, share: NDArray[np.floating]) -> Pixels:
    """Colours with a share of other colours over them."""
    part = share.astype(np.float32, copy=False)[..., np.newaxis]
    result: Pixels = below + (above - below) * part
    return result
