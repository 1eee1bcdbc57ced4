"""Runs a module on one core: `python -m tests.bench.pinned CORE MODULE [argument …]`.

The process keeps its id, and its children stay on that core.
"""

import os
import sys

if __name__ == "__main__":
    core, *module = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    os.execv(sys.executable, [sys.executable, "-m", *module])  # noqa: S606
