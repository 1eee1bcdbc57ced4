"""What `make bench` measures: one file a benchmark, and the harness that they share.

Every number comes from real processes on this machine: the connect server, the bot and moto as
`make run` starts them, the Nova Sonic emulator in a process of its own, callers in another. Nothing
here is a test; no test asserts a time.
"""

import os
import sys
from pathlib import Path

# The emulator is a distribution of its own; pytest is told where it is in pyproject.toml.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "local" / "emulator"))

# Pipecat greets at INFO when it is imported, before anybody can set up logging.
os.environ.setdefault("LOGURU_LEVEL", "WARNING")
