"""How a call can end, and what each end means for the record and for the caller's line."""

from enum import Enum


class Ending(Enum):
    """How a call ended.

    Attributes:
        reason: The slug that `/status` shows.
        close_code: WebSocket close code with which we hang up.
        resumable: Whether the caller may come back to the same session.
        failed: Whether it is our fault.
    """

    CALLER_LEFT = ("caller-left", 1000, False, False)
    CALLER_DROPPED = ("caller-dropped", 1001, True, False)
    AGENT_HUNG_UP = ("agent-hung-up", 1000, False, False)
    DRAINED = ("drained", 1001, True, False)
    TAKEN_OVER = ("taken-over", 1001, True, False)
    LINE_LOST = ("line-lost", 1001, True, False)
    SILENCE = ("silence-limit", 4408, False, False)
    LONGEST_CALL = ("longest-call", 4410, False, False)
    BAD_FRAMES = ("too-many-bad-frames", 4400, False, False)
    AGENT_UNAVAILABLE = ("agent-unavailable", 1011, False, True)
    LINE_FAILED = ("line-failed", 1011, False, True)
    FAILED = ("failed", 1011, False, True)

    def __init__(self, reason: str, close_code: int, resumable: bool, failed: bool) -> None:
        self.reason = reason
        self.close_code = close_code
        self.resumable = resumable
        self.failed = failed
