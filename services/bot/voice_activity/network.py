"""Silero's network for 16 kHz, in numpy.

onnxruntime computes the same in the same time, but costs each process 10 MB and a thread, and must
not be imported before a fork. Here all processes share the weights of their parent. The tests
compare both on speech and noise.

For upstream (Pipecat): an analyser that needs no executor, and a loop over its windows that does
not call numpy 20 times for what onnxruntime validates anew each time.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.bot.voice_activity import weights

WINDOW = 512
"""Samples that are looked at at once: 32 ms."""

CONTEXT = 64
"""Samples of the window before, which are looked at again."""

FOURIER, HOP = 256, 128
"""Samples of a frame of the spectrum, and from one to the next."""

_FRAMES = 4
_HIDDEN = 128

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Layers:
    """Weights, laid out for one multiplication a layer.

    Attributes:
        shape: The Hann window of the Fourier transform, once a frame.
        convolutions: Matrix and bias of the encoder's four layers; rows are taps by channels.
        gates: Matrix of the LSTM's gates, for input and state in one vector.
        gates_bias: Their bias.
        output: The last layer.
        output_bias: Its bias.
    """

    shape: Floats
    convolutions: tuple[tuple[Floats, Floats], ...]
    gates: Floats
    gates_bias: Floats
    output: Floats
    output_bias: float


class Network:
    """Silero, with the state that it carries from window to window."""

    def __init__(self) -> None:
        """Begins as after a reset."""
        self._layers = _layers()
        # Overwritten by each window: 14 kB that need not be found anew 31 times a second.
        self._framed = np.empty((_FRAMES, FOURIER), np.float32)
        self._padded = np.zeros((_FRAMES + 2, FOURIER // 2 + 1), np.float32)
        self._first = np.zeros((_FRAMES + 2, _HIDDEN), np.float32)
        self._seen = np.zeros(CONTEXT + WINDOW + CONTEXT, np.float32)
        self._input = np.zeros(2 * _HIDDEN, np.float32)
        self._cell = np.zeros(_HIDDEN, np.float32)

    @property
    def spectrum(self) -> Floats:
        """Magnitudes of the last window's four frames; overwritten by the next."""
        return self._padded[1:-1]

    def reset(self) -> None:
        """Forgets what it has heard."""
        self._seen[:] = 0
        self._input[:] = 0
        self._cell[:] = 0

    def confidence(self, window: Floats) -> float:
        """How sure it is that somebody speaks in the window, 0 to 1.

        Args:
            window: 512 samples from -1 to 1, the ones that follow the last call's.
        """
        layers, seen = self._layers, self._seen
        seen[:CONTEXT] = seen[WINDOW : WINDOW + CONTEXT]
        seen[CONTEXT : CONTEXT + WINDOW] = window
        seen[CONTEXT + WINDOW :] = seen[WINDOW + CONTEXT - 2 : WINDOW - 2 : -1]  # mirrored
        spectrum = self._spectrum(layers, seen)
        gates = layers.gates @ self._encoded(layers, spectrum)
        gates += layers.gates_bias
        return self._remembered(layers, gates)

    def _spectrum(self, layers: _Layers, seen: Floats) -> Floats:
        """Magnitudes of four overlapping frames, with an empty one before and after."""
        framed = self._framed
        for frame in range(_FRAMES):
            framed[frame] = seen[frame * HOP : frame * HOP + FOURIER]
        framed *= layers.shape
        np.abs(np.fft.rfft(framed), out=self.spectrum)
        return self._padded

    def _encoded(self, layers: _Layers, spectrum: Floats) -> Floats:
        """Input and state of the LSTM in one vector.

        Four frames become two and then one, so what the padding would multiply is left out.
        """
        (a, a_bias), (b, b_bias), (c, c_bias), (d, d_bias) = layers.convolutions
        flat = spectrum.reshape(-1)
        step = spectrum.shape[1]
        windows = np.concatenate([flat[n * step : (n + 3) * step] for n in range(_FRAMES)])
        first = windows.reshape(_FRAMES, 3 * step) @ a
        first += a_bias
        np.maximum(first, 0, out=self._first[1:-1])
        flat = self._first.reshape(-1)
        pairs = np.concatenate((flat[: 3 * _HIDDEN], flat[2 * _HIDDEN : 5 * _HIDDEN]))
        second = pairs.reshape(2, 3 * _HIDDEN) @ b
        second += b_bias
        np.maximum(second, 0, out=second)
        third = second.reshape(-1) @ c
        third += c_bias
        np.maximum(third, 0, out=third)
        fourth = third @ d
        fourth += d_bias
        np.maximum(fourth, 0, out=self._input[:_HIDDEN])
        return self._input

    def _remembered(self, layers: _Layers, gates: Floats) -> float:
        """The LSTM's step and the output, from its gates: input, forget, output; cell."""
        opened = _sigmoid(gates[: 3 * _HIDDEN])
        cell = self._cell
        cell *= opened[_HIDDEN : 2 * _HIDDEN]
        cell += opened[:_HIDDEN] * np.tanh(gates[3 * _HIDDEN :])
        state = opened[2 * _HIDDEN :]
        state *= np.tanh(cell)
        self._input[_HIDDEN:] = state
        heard = float(np.maximum(state, 0) @ layers.output) + layers.output_bias
        return 1 / (1 + float(np.exp(-heard)))


def _sigmoid(x: Floats) -> Floats:
    result: Floats = np.tanh(x * np.float32(0.5))
    result += 1
    result *= np.float32(0.5)
    return result


@functools.cache
def _layers() -> _Layers:
    read = weights.read()
    convolutions = []
    for layer, taps in enumerate(((0, 1, 2), (0, 1, 2), (1, 2), (1,))):
        weight = read[f"encoder.{layer}.reparam_conv.weight"][:, :, taps]
        matrix = np.ascontiguousarray(weight.transpose(2, 1, 0).reshape(-1, weight.shape[0]))
        convolutions.append((matrix, read[f"encoder.{layer}.reparam_conv.bias"]))
    # PyTorch's gates are input, forget, cell, output.
    order = np.r_[0:256, 384:512, 256:384]
    both = np.hstack((read["decoder.rnn.weight_ih"], read["decoder.rnn.weight_hh"]))
    bias = read["decoder.rnn.bias_ih"] + read["decoder.rnn.bias_hh"]
    # The transform's basis is sines and cosines under a Hann window, so a fast one does.
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FOURIER) / FOURIER)
    return _Layers(
        shape=np.tile(hann.astype(np.float32), (_FRAMES, 1)),
        convolutions=tuple(convolutions),
        gates=np.ascontiguousarray(both[order]),
        gates_bias=bias[order],
        output=read["decoder.decoder.2.weight"].reshape(-1),
        output_bias=float(read["decoder.decoder.2.bias"][0]),
    )


def prepare() -> None:
    """Reads the weights; before a fork, so that all processes share them."""
    _layers()
