"""Puts the stand-in for daily-python first on the path; import it before anything of Pipecat's."""

import sys
from pathlib import Path

FOLDER = str(Path(__file__).resolve().parents[1] / "local" / "daily" / "sdk")

if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)
