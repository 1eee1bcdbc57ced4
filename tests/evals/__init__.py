"""Conversations as data: what callers say, and what an agent has to call and to tell them.

`make evals` runs them against the emulator or, with `NOVA=aws`, against the model. `make test` runs
them against the emulator. Pipecat's own evals want a transport of theirs in the bot, a model that
hears and one that judges; these run with our own service, tools, documents and memory, and with
nothing else.
"""

import sys
from pathlib import Path

# Where pytest finds the emulator; the command must find it too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "local" / "emulator"))
