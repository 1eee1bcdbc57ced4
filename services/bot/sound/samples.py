"""Sound as numpy has it."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]

_LOWEST, _HIGHEST = -32768, 32767


def rounded(sound: NDArray[np.floating]) -> Samples:
    """Floats on the scale of 16 bit as such, clipped. What is given is rounded, too."""
    np.rint(sound, out=sound)
    np.maximum(sound, _LOWEST, out=sound)
    np.minimum(sound, _HIGHEST, out=sound)
    return sound.astype(np.int16)
