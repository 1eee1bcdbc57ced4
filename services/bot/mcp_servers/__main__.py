"""Takes servers from standard input and tells what they have: the process that `listing` runs."""

import asyncio
import sys
from collections.abc import Sequence

from loguru import logger
from pydantic import TypeAdapter

from services.bot.mcp_servers.connection import Connection
from services.bot.mcp_servers.description import McpServer
from services.bot.mcp_servers.errors import ServerUnavailableError
from services.bot.mcp_servers.listing import LISTING, Offer, list_offers


async def _ask_all(keys: Sequence[str]) -> dict[str, list[Offer]]:
    found: dict[str, list[Offer]] = {}

    async def ask(key: str) -> None:
        server = McpServer.model_validate_json(key)
        name = server.command or server.url or ""
        connection = Connection(name, server)
        try:
            found[key] = await list_offers(name, connection)
        except ServerUnavailableError as error:
            logger.bind(server=name, detail=str(error)).warning("mcp server cannot be used yet")
        finally:
            await connection.close()

    async with asyncio.TaskGroup() as group:
        for key in keys:
            group.create_task(ask(key))
    return found


def main() -> int:
    """Takes servers from standard input and tells what they have."""
    keys = TypeAdapter(list[str]).validate_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(LISTING.dump_json(asyncio.run(_ask_all(keys))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
