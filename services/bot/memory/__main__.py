"""`python -m services.bot.memory IDENTITY`: what agents remember of a caller, and forgetting it."""

import argparse
import asyncio
import sys

from services.bot.memory.store import MemoryStore
from services.common import aws
from services.common.dynamodb import Table
from services.common.errors import StoreError
from services.common.settings import CommonSettings, load_settings


def main(arguments: list[str] | None = None) -> int:
    """Lists or deletes the facts of one caller.

    Returns:
        The process's exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m services.bot.memory", description="What agents remember of a caller."
    )
    parser.add_argument("caller", help="the identity that /connect was given")
    parser.add_argument("--forget", action="store_true", help="delete all of it")
    asked = parser.parse_args(arguments)
    settings = load_settings(CommonSettings)
    store = MemoryStore(Table(aws.dynamodb(settings.aws_region), settings.sessions_table))
    try:
        return asyncio.run(_serve(store, asked.caller, forget=asked.forget))
    except StoreError as error:
        sys.stderr.write(f"{settings.sessions_table}: {error.code}\n")
        return 1


async def _serve(store: MemoryStore, caller: str, *, forget: bool) -> int:
    if forget:
        count = await store.forget(caller)
        sys.stdout.write(f"{count} facts deleted\n")
        return 0
    for fact in await store.load(caller):
        agent = fact.key.split("#")[1]
        sys.stdout.write(f"{agent}\tuntil {fact.expires_at.date()}\t{fact.text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
