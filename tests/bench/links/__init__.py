"""What becomes of calls on bad networks: WebSockets through a proxy that stalls and throttles."""

from tests.bench.links.measure import measure

__all__ = ["measure"]
