"""Silero's network for 16 kHz, in numpy.

onnxruntime computes the same in the same time, but costs each process 10 MB and a thread, and must
not be imported before a fork. Here all processes share the weights of their parent. The tests
compare both on speech and noise.

For upstream (Pipecat): an analyser that needs no executor, and a loop over its windows that does
not call numpy 20 times for what onnxruntime validates anew each time.
"""

import functools
import math
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

TOGETHER = 4
"""The most windows that are looked at together."""

_FRAMES = 4
_HIDDEN = 128
_HALF = np.float32(0.5)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Layers:
    """Weights, laid out for one multiplication a layer.

    Attributes:
        shape: The Hann window of the Fourier transform.
        convolutions: Matrix and bias of the encoder's four layers; rows are taps by channels.
        input_gates: Matrix of the LSTM's gates for its input, and their bias. What goes through a
            sigmoid is halved: that is `tanh` of a half, and so one `tanh` serves all.
        input_bias: See there.
        state_gates: The same for its state.
        output: The last layer.
        output_bias: Its bias.
    """

    shape: Floats
    convolutions: tuple[tuple[Floats, Floats], ...]
    input_gates: Floats
    input_bias: Floats
    state_gates: Floats
    output: Floats
    output_bias: float


class Network:
    """Silero, with the state that it carries from window to window."""

    def __init__(self) -> None:
        """Begins as after a reset."""
        self._layers = _layers()
        # Overwritten each time: 40 kB that need not be found anew 31 times a second.
        self._seen = np.zeros((TOGETHER, CONTEXT + WINDOW + CONTEXT), np.float32)
        self._framed = np.empty((TOGETHER, _FRAMES, FOURIER), np.float32)
        self._padded = np.zeros((TOGETHER, _FRAMES + 2, FOURIER // 2 + 1), np.float32)
        self._first = np.zeros((TOGETHER, _FRAMES + 2, _HIDDEN), np.float32)
        self._frames = _overlapping(self._seen, FOURIER, HOP)
        self._triples = _overlapping(self._padded, 3 * (FOURIER // 2 + 1), FOURIER // 2 + 1)
        self._pairs = _overlapping(self._first, 3 * _HIDDEN, 2 * _HIDDEN)
        self._heard = np.zeros(CONTEXT, np.float32)
        self._state = np.zeros(_HIDDEN, np.float32)
        self._cell = np.zeros(_HIDDEN, np.float32)

    def reset(self) -> None:
        """Forgets what it has heard."""
        self._heard[:] = 0
        self._state[:] = 0
        self._cell[:] = 0

    def hear(self, windows: Floats) -> tuple[list[float], Floats]:
        """Listens to some windows, which takes less time together than one by one.

        Args:
            windows: 512 samples from -1 to 1 in each row, of which the first follow the last
                call's; `TOGETHER` rows at most.

        Returns:
            For each window how sure it is that somebody speaks in it, 0 to 1, and the magnitudes of
            its four frames; the next call overwrites those.
        """
        layers, spectra = self._layers, self._spectra(windows)
        gates = self._encoded(len(windows)) @ layers.input_gates
        gates += layers.input_bias
        states = np.empty((len(windows), _HIDDEN), np.float32)
        for window, state in zip(gates, states, strict=True):
            self._remember(window)
            np.maximum(self._state, 0, out=state)
        heard = states @ layers.output
        sure = [1 / (1 + math.exp(-each - layers.output_bias)) for each in heard.tolist()]
        return sure, spectra

    def _spectra(self, windows: Floats) -> Floats:
        """Magnitudes of four overlapping frames a window, with an empty one before and after."""
        count, end = len(windows), CONTEXT + WINDOW
        seen, framed = self._seen[:count], self._framed[:count]
        seen[:, CONTEXT:end] = windows
        seen[0, :CONTEXT] = self._heard
        seen[1:, :CONTEXT] = windows[:-1, -CONTEXT:]
        self._heard[:] = windows[-1, -CONTEXT:]
        seen[:, end:] = seen[:, end - 2 : end - 2 - CONTEXT : -1]  # mirrored
        np.multiply(self._frames[:count], self._layers.shape, out=framed)
        spectra = self._padded[:count, 1:-1]
        np.abs(np.fft.rfft(framed), out=spectra)
        return spectra

    def _encoded(self, count: int) -> Floats:
        """What the LSTM is told of each window.

        Four frames become two and then one, so what the padding would multiply is left out.
        """
        (a, a_bias), (b, b_bias), (c, c_bias), (d, d_bias) = self._layers.convolutions
        first = self._triples[:count].reshape(count * _FRAMES, -1) @ a
        first += a_bias
        np.maximum(first.reshape(count, _FRAMES, -1), 0, out=self._first[:count, 1:-1])
        second = self._pairs[:count].reshape(2 * count, -1) @ b
        second += b_bias
        np.maximum(second, 0, out=second)
        third = second.reshape(count, -1) @ c
        third += c_bias
        np.maximum(third, 0, out=third)
        fourth = third @ d
        fourth += d_bias
        return np.maximum(fourth, 0)

    def _remember(self, gates: Floats) -> None:
        """The LSTM's step, from its gates: input, forget, output; cell."""
        gates += self._layers.state_gates @ self._state
        np.tanh(gates, out=gates)
        opened = gates[: 3 * _HIDDEN]
        opened += 1
        opened *= _HALF
        self._cell *= opened[_HIDDEN : 2 * _HIDDEN]
        self._cell += opened[:_HIDDEN] * gates[3 * _HIDDEN :]
        np.tanh(self._cell, out=self._state)
        self._state *= opened[2 * _HIDDEN :]


def _overlapping(rows: Floats, size: int, step: int) -> Floats:
    """Pieces of each row, laid flat, that overlap; a view."""
    flat = rows.reshape(len(rows), -1)
    return np.lib.stride_tricks.sliding_window_view(flat, size, axis=1)[:, ::step]


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
    halved = np.where(np.arange(4 * _HIDDEN) < 3 * _HIDDEN, _HALF, np.float32(1))
    bias = read["decoder.rnn.bias_ih"] + read["decoder.rnn.bias_hh"]
    of_input, of_state = (
        read[f"decoder.rnn.weight_{part}"][order] * halved[:, np.newaxis] for part in ("ih", "hh")
    )
    # The transform's basis is sines and cosines under a Hann window, so a fast one does.
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FOURIER) / FOURIER)
    return _Layers(
        shape=hann.astype(np.float32),
        convolutions=tuple(convolutions),
        input_gates=np.ascontiguousarray(of_input.T),
        input_bias=bias[order] * halved,
        state_gates=np.ascontiguousarray(of_state),
        output=read["decoder.decoder.2.weight"].reshape(-1),
        output_bias=float(read["decoder.decoder.2.bias"][0]),
    )


def prepare() -> None:
    """Reads the weights; before a fork, so that all processes share them."""
    _layers()
