"""`python -m local`: the whole product on one machine, without an AWS account."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from local.launcher import launch
from local.part import PartFailedError
from local.stack import Options
from local.view import View


def main() -> int:
    """Read the command line, run the stack, and give the exit status."""
    parser = argparse.ArgumentParser(
        prog="make run",
        description="Run the connect server, the bot and the page on this machine, with stand-ins "
        "for AWS. Ctrl-C ends all of it.",
    )
    parser.add_argument("--port", type=_port, default=8000, help="the page's port (PORT=…)")
    parser.add_argument(
        "--nova",
        choices=["emulator", "aws"],
        default="emulator",
        help="who converses: the emulator, or Amazon Nova Sonic with your AWS credentials (NOVA=…)",
    )
    parser.add_argument(
        "--scenario",
        type=Path,
        help="the emulator's scenario file: voice, wits, limits, faults (SCENARIO=…)",
    )
    arguments = parser.parse_args()
    view = View()
    try:
        asyncio.run(launch(Options(arguments.port, arguments.nova, arguments.scenario), view))
    except PartFailedError as failure:
        view.say(str(failure), "bold red")
        return 1
    return 0


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")


if __name__ == "__main__":
    sys.exit(main())
