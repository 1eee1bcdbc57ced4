"""Processors that need no queues."""

from pipecat.processors.frame_processor import FrameProcessor


def without_queues[P: FrameProcessor](processor: P) -> P:
    """Has a processor take each frame within the task that pushes it, and not in two of its own.

    It suits those that do not wait: a transport's output puts the agent's sound into a queue that
    it has besides. Pipecat has the switch (`enable_direct_mode`), but its transports do not hand it
    on to their ends; that would be for upstream.
    """
    processor._enable_direct_mode = True
    return processor
