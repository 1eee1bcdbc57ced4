"""Ways past what Pipecat does with every frame, for those that need none of it."""

from collections.abc import Awaitable, Callable
from typing import cast

from pipecat.frames.frames import OutputAudioRawFrame
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport


def without_queues[P: FrameProcessor](processor: P) -> P:
    """Has a processor take each frame within the task that pushes it, and not in two of its own.

    It suits those that do not wait: a transport's output puts the agent's sound into a queue that
    it has besides. Pipecat has the switch (`enable_direct_mode`), but its transports do not hand it
    on to their ends; that would be for upstream.
    """
    processor._enable_direct_mode = True
    return processor


def sound_into(output: FrameProcessor) -> Callable[[OutputAudioRawFrame], Awaitable[None]]:
    """Where the sound of the processor before a transport's output `without_queues` goes in.

    It keeps its place among the frames that are pushed. Observers do not see it, and an exception
    of the output's goes to who speaks.
    """
    return cast("BaseOutputTransport", output)._handle_frame
