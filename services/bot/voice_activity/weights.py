"""Silero's weights, out of the ONNX file that Pipecat brings.

The file is a protocol buffer; of its schema this reads what holds tensors and no more, so that
nobody needs `onnx` (30 MB) or a copy of the weights.
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
"""

from collections.abc import Iterator
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]

_FILE = files("pipecat.audio.vad.data") / "silero_vad.onnx"
_RATE_16K = "If_0_then_branch__Inline_0__"
"""The branch of the graph for 16 kHz; the other one is for 8."""

_FLOAT = 1

# Field numbers of the messages on the way to a tensor.
_MODEL_GRAPH = 7
_GRAPH_NODE = 1
_NODE_OUTPUT, _NODE_ATTRIBUTE = 2, 5
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH = 5, 6
_TENSOR_DIMENSION, _TENSOR_TYPE, _TENSOR_RAW = 1, 2, 9


def read() -> Weights:
    """The weights of the network for 16 kHz, by name.

    Raises:
        ValueError: The file is no model of Silero's that we know.
    """
    found: Weights = {}
    for number, graph in _fields(_FILE.read_bytes()):
        if number == _MODEL_GRAPH and isinstance(graph, bytes):
            _collect(graph, found)
    named = {n.removeprefix(_RATE_16K): w for n, w in found.items() if n.startswith(_RATE_16K)}
    if "decoder.rnn.weight_ih" not in named:
        raise ValueError(f"{_FILE}: not the Silero model that this is written for")
    return named


def _collect(graph: bytes, found: Weights) -> None:
    """Takes the constants of a graph and of the graphs in it."""
    for number, node in _fields(graph):
        if number != _GRAPH_NODE or not isinstance(node, bytes):
            continue
        name, attributes = "", list[bytes]()
        for kind, value in _fields(node):
            if kind == _NODE_OUTPUT and isinstance(value, bytes):
                name = value.decode()
            elif kind == _NODE_ATTRIBUTE and isinstance(value, bytes):
                attributes.append(value)
        for attribute in attributes:
            for kind, value in _fields(attribute):
                if kind == _ATTRIBUTE_GRAPH and isinstance(value, bytes):
                    _collect(value, found)
                elif kind == _ATTRIBUTE_TENSOR and isinstance(value, bytes):
                    tensor = _tensor(value)
                    if tensor is not None:
                        found[name] = tensor


def _tensor(message: bytes) -> NDArray[np.float32] | None:
    """A tensor of floats; None for any other."""
    shape, kind, raw = list[int](), 0, b""
    for number, value in _fields(message):
        if number == _TENSOR_DIMENSION and isinstance(value, int):
            shape.append(value)
        elif number == _TENSOR_DIMENSION and isinstance(value, bytes):
            shape += _packed(value)
        elif number == _TENSOR_TYPE and isinstance(value, int):
            kind = value
        elif number == _TENSOR_RAW and isinstance(value, bytes):
            raw = value
    if kind != _FLOAT or not raw:
        return None
    return np.frombuffer(raw, "<f4").reshape(shape)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message, each with its number."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        match key & 7:
            case 0:
                value, at = _number(message, at)
                yield key >> 3, value
            case 2:
                length, at = _number(message, at)
                yield key >> 3, message[at : at + length]
                at += length
            case 1 | 5 as kind:
                at += 8 if kind == 1 else 4
            case _:
                raise ValueError(f"{_FILE}: not a protocol buffer")


def _packed(values: bytes) -> Iterator[int]:
    at = 0
    while at < len(values):
        value, at = _number(values, at)
        yield value


def _number(message: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
