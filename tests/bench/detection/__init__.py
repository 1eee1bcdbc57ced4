"""Our speech detector beside Pipecat's, on speech of which it is known where it is."""

from tests.bench.detection.measure import measure

__all__ = ["measure"]
