"""The command line: starts an emulator and prints where it listens."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from loguru import logger

from nova_sonic_emulator.emulator import Emulator
from nova_sonic_emulator.scenario import Scenario, ScenarioError

SECRET_VARIABLE = "NOVA_SONIC_EMULATOR_SECRET_ACCESS_KEY"  # noqa: S105 - a variable's name

_USAGE_ERROR = 2
_CANNOT_LISTEN = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted.

    Returns:
        The exit status: 0 after SIGINT or SIGTERM, 1 if it cannot listen, 2 for wrong arguments.
    """
    options = _parser().parse_args(arguments)
    logger.remove()
    logger.add(sys.stderr, level=options.log_level, format="{time:HH:mm:ss.SSS} {message} {extra}")
    try:
        if options.credentials_file:
            credentials = _credentials(options.credentials_file)
        else:
            credentials = {options.access_key_id: _secret()}
        scenario = Scenario.load(options.scenario) if options.scenario else Scenario()
    except (ScenarioError, _UsageError) as error:
        print(error, file=sys.stderr)
        return _USAGE_ERROR
    emulator = Emulator(
        scenario=scenario,
        credentials=credentials,
        ca_dir=options.ca_dir,
        host=options.host,
        port=options.port,
        keep_recordings=False,
    )
    try:
        asyncio.run(_serve(emulator))
    except OSError as error:
        print(f"Cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return _CANNOT_LISTEN
    return 0


class _UsageError(ValueError):
    """Something in the arguments or the environment is wrong."""


async def _serve(emulator: Emulator) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with emulator:
        print(json.dumps({"url": emulator.url, "ca": str(emulator.ca_file)}), flush=True)
        await stopped.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nova-sonic-emulator",
        description="Amazon Nova Sonic on this machine, for the unmodified AWS SDK.",
        epilog=f"The secret access key of --access-key-id comes from {SECRET_VARIABLE}.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", default=0, type=int, help="port to listen on; 0 takes a free one")
    parser.add_argument("--scenario", type=Path, help="TOML file; see the README")
    parser.add_argument(
        "--ca-dir",
        type=Path,
        default=Path(".nova-sonic-emulator"),
        help="where its certificate authority is kept (%(default)s)",
    )
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("--access-key-id", help="the access key id that is let in")
    keys.add_argument(
        "--credentials-file", type=Path, help="TOML file of lines `access key id = 'secret'`"
    )
    parser.add_argument(
        "--log-level",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        default="INFO",
        help="least important line that is logged (%(default)s)",
    )
    return parser


def _secret() -> str:
    secret = os.environ.get(SECRET_VARIABLE, "")
    if not secret:
        raise _UsageError(f"{SECRET_VARIABLE} must hold the secret access key.")
    return secret


def _credentials(file: Path) -> dict[str, str]:
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _UsageError(f"{file} cannot be read: {error}") from error
    if not entries or not all(isinstance(secret, str) and secret for secret in entries.values()):
        raise _UsageError(f"{file} must have lines of the form: AKIDEXAMPLE = 'secret'")
    return entries
