"""WebRTC's audio processing, as livekit's library carries it: AEC3, noise suppression, high-pass.

`livekit.rtc.AudioProcessingModule` makes the processor; the frames go past it. It builds, encodes
and decodes a message in Python for each of them, which takes 13 us where the work itself takes 2 to
40. A processor's messages are always the same, so here they are encoded once, around buffers that
stay where they are.
"""

import ctypes
import importlib.resources

import numpy as np
from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto.ffi_pb2 import FfiRequest, FfiResponse

from services.bot.sound.samples import Samples

FRAMES_A_SECOND = 100
"""WebRTC works on frames of 10 ms."""
RATES = (8_000, 16_000, 32_000, 48_000)
"""Sample rates that WebRTC works at, in Hz."""

_LIBRARY = "liblivekit_ffi.so"


class CancellerError(RuntimeError):
    """The library refused a frame. A retry does not help.

    Attributes:
        retryable: Never.
    """

    retryable = False


def prepare() -> None:
    """Loads the library, which all processes that are forked afterwards share; starts no thread."""
    resource = importlib.resources.files("livekit.rtc.resources") / _LIBRARY
    with importlib.resources.as_file(resource) as path:
        if path.exists():
            ctypes.CDLL(str(path))


def warm_up() -> None:
    """Starts the library in this process, with its four threads, and runs it once: 10 ms."""
    Processor(RATES[0], echo_cancelling=True).cancel()


class Processor:
    """One processor with its state. The first of a process starts the library's four threads.

    Attributes:
        near: The microphone's frame: write it, call `cancel`, read it.
        far: The loudspeaker's frame that belongs to it.
    """

    def __init__(
        self,
        rate: int,
        *,
        echo_cancelling: bool = False,
        noise_suppression: bool = False,
    ) -> None:
        """Makes a processor; the high-pass is always on.

        Args:
            rate: Of its frames, in Hz: one of `RATES`.
            echo_cancelling: Whether it takes the far end out of the near end.
            noise_suppression: Whether it holds back what does not sound like speech.
        """
        if rate not in RATES:
            raise ValueError(f"WebRTC works at {RATES} Hz, not at {rate}")
        self._processing = rtc.AudioProcessingModule(
            echo_cancellation=echo_cancelling,
            noise_suppression=noise_suppression,
            high_pass_filter=True,
        )
        client = FfiClient.instance
        self._call = client._ffi_lib.livekit_ffi_request
        self._drop = client._ffi_lib.livekit_ffi_drop_handle
        self._answer = ctypes.POINTER(ctypes.c_ubyte)()
        self._length = ctypes.c_size_t()
        self._answer_at = ctypes.byref(self._answer)
        self._length_at = ctypes.byref(self._length)
        count = rate // FRAMES_A_SECOND
        self.near: Samples = np.zeros(count, np.int16)
        self.far: Samples = np.zeros(count, np.int16)
        self._near_request = self._request("apm_process_stream", self.near, rate)
        self._far_request = self._request("apm_process_reverse_stream", self.far, rate)
        accepted = FfiResponse()
        accepted.apm_process_stream.SetInParent()
        self._accepted = accepted.ByteSize()

    def processed(self, heard: Samples) -> Samples:
        """What becomes of a number of whole frames, without a far end."""
        done = np.empty_like(heard)
        for start in range(0, len(heard), len(self.near)):
            frame = slice(start, start + len(self.near))
            self.near[:] = heard[frame]
            self._send(self._near_request)
            done[frame] = self.near
        return done

    def cancel(self) -> None:
        """Processes `far` and then `near`, in place, which may hold an echo of it."""
        self._send(self._far_request)
        self._send(self._near_request)

    def _request(self, kind: str, frame: Samples, rate: int) -> "ctypes.Array[ctypes.c_ubyte]":
        request = FfiRequest()
        message = getattr(request, kind)
        message.apm_handle = self._processing._ffi_handle.handle
        message.data_ptr = frame.ctypes.data
        message.size = frame.nbytes
        message.sample_rate = rate
        message.num_channels = 1
        encoded = request.SerializeToString()
        return (ctypes.c_ubyte * len(encoded)).from_buffer_copy(encoded)

    def _send(self, request: "ctypes.Array[ctypes.c_ubyte]") -> None:
        handle = self._call(request, len(request), self._answer_at, self._length_at)
        if self._length.value != self._accepted:
            answer = FfiResponse.FromString(ctypes.string_at(self._answer, self._length.value))
            self._drop(handle)
            raise CancellerError(str(answer).strip())
        self._drop(handle)
