"""Numbers as people say them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Two digits and a unit."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def share(part: float) -> str:
    """A share in percent; what is not nothing does not read as nothing."""
    percent = 100 * part
    if percent == 0 or percent >= 9.95:
        return f"{percent:.0f}"
    return f"{percent:.1f}" if percent >= 0.05 else "<0.1"
