"""How many calls one core carries: more and more of them, until sound is late.

The bot has one core to itself and everybody else the other: callers, the model's stand-in, the
connect server, moto. Both stand-ins are written to cost little, and the figures show whether they
were what gave out. Odd callers hear an agent who talks without a pause, into an open microphone in
a quiet room; even ones talk without a pause themselves.
"""

from tests.bench.capacity.ramp import measure

__all__ = ["measure"]
