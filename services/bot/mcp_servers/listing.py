"""What servers offer, asked once, before there are calls, by a process of its own.

The supervisor must not have threads and children of other kinds when it forks, so it runs
`python -m services.bot.mcp_servers`.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from loguru import logger
from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.bot.mcp_servers.connection import CONNECT_SECONDS, Connection
from services.bot.mcp_servers.description import McpServer

ASK_SECONDS = 2 * CONNECT_SECONDS + 5


class Offer(BaseModel):
    """A tool that a server has.

    Attributes:
        name: What the server calls it.
        description: What it is for.
        input_schema: JSON Schema of its arguments.
        again: Whether doing it twice does no harm.
        destructive: Whether the server says that it destroys something.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    input_schema: dict[str, Any]
    again: bool
    destructive: bool


Listing = Mapping[str, Sequence[Offer]]
"""What servers have, by `key_of`; a server that did not answer is missing."""

LISTING: TypeAdapter[dict[str, list[Offer]]] = TypeAdapter(dict[str, list[Offer]])


def key_of(server: McpServer) -> str:
    """What a server is found by in a listing: how it is reached."""
    return server.model_dump_json(include={"command", "args", "env", "url", "headers"})


async def list_offers(name: str, connection: Connection) -> list[Offer]:
    """Asks one server.

    Raises:
        ServerUnavailableError: It cannot be asked.
    """
    offers = []
    for tool in await connection.list_tools():
        hints = tool.annotations
        offers.append(
            Offer(
                name=tool.name,
                description=" ".join((tool.description or tool.title or tool.name).split()),
                input_schema=tool.input_schema,
                again=bool(hints and (hints.read_only_hint or hints.idempotent_hint)),
                destructive=bool(hints and hints.destructive_hint and not hints.read_only_hint),
            )
        )
    logger.bind(server=name, tools=len(offers)).info("mcp server has tools")
    return offers


def ask_servers(servers: Sequence[McpServer]) -> Listing:
    """Asks servers what they have. One that does not answer is left out; a call asks it again."""
    if not servers:
        return {}
    asked = json.dumps(list(dict.fromkeys(map(key_of, servers))))
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "services.bot.mcp_servers"],
            input=asked.encode(),
            stdout=subprocess.PIPE,
            timeout=ASK_SECONDS,
            check=True,
        )
        return LISTING.validate_json(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        logger.bind(error=type(error).__name__).warning("mcp servers could not be asked")
        return {}
