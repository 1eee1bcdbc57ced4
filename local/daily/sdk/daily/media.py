"""Sound and pictures, coming and going."""

import contextlib
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Send = Callable[[bytes], object]
Played = Callable[[int], None]


class VideoFrame:
    """A picture of somebody else's; none come here."""


class VirtualSpeakerDevice:
    """A mix of everybody; none is made here."""


@dataclass(frozen=True, slots=True)
class AudioData:
    """Sound of somebody else's: 16 bit, mono."""

    audio_frames: bytes
    sample_rate: int
    num_channels: int = 1
    bits_per_sample: int = 16

    @property
    def num_audio_frames(self) -> int:
        """How many samples there are."""
        return len(self.audio_frames) // 2


class CustomAudioSource:
    """Where the sound of a track comes from."""

    def __init__(self, sample_rate: int, channels: int, auto_silence: bool = True) -> None:
        """Sound at ``sample_rate`` in Hz."""
        self.sample_rate = sample_rate
        self.send: Send | None = None
        self._waiting: queue.SimpleQueue[tuple[bytes, Played | None]] = queue.SimpleQueue()
        threading.Thread(target=self._play, daemon=True).start()

    def write_frames(self, frame: bytes, completion: Played | None = None) -> int:
        """Takes sound; ``completion`` is told how many samples it was once they are played."""
        self._waiting.put((frame, completion))
        return 0

    def _play(self) -> None:
        head = 0.0
        while True:
            frame, completion = self._waiting.get()
            if self.send is not None:
                self.send(b"a" + self.sample_rate.to_bytes(4, "little") + frame)
            samples = len(frame) // 2
            head = max(head, time.monotonic()) + samples / self.sample_rate
            time.sleep(max(0.0, head - time.monotonic()))
            if completion is not None:
                # Sound may outlive the event loop of whoever gave it; native code does not mind.
                with contextlib.suppress(RuntimeError):
                    completion(samples)


class CustomVideoSource:
    """Where the pictures of a track come from."""

    def __init__(self, width: int, height: int, color_format: str = "RGBA") -> None:
        """Pictures of one size."""
        self._size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
        self._middle = (height // 2 * width + width // 2) * 3
        self.send: Send | None = None

    def write_frame(self, frame: bytes) -> None:
        """Takes one picture, RGB."""
        if self.send is not None:
            self.send(b"v" + self._size + frame[self._middle : self._middle + 3])


class _Track[S]:
    def __init__(self, source: S) -> None:
        self.source = source
        self.id = str(uuid.uuid4())
        _tracks[self.id] = source


class CustomAudioTrack(_Track[CustomAudioSource]):
    """Sound to be sent."""


class CustomVideoTrack(_Track[CustomVideoSource]):
    """Pictures to be sent."""


_tracks: dict[str, Any] = {}


def publish(track_id: str, send: Send) -> None:
    """Sends what a track's source is given from now on."""
    if (source := _tracks.get(track_id)) is not None:
        source.send = send
