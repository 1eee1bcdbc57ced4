"""A server's tools as the agent's: names, schemas and results as Nova Sonic takes them."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from loguru import logger

from services.bot.mcp_servers.connection import Connection
from services.bot.mcp_servers.description import McpServer
from services.bot.mcp_servers.errors import ServerLostError, ServerUnavailableError
from services.bot.mcp_servers.listing import Listing, Offer, key_of, list_offers
from services.bot.toolbox import Tool, ToolContext, ToolFailedError
from services.bot.toolbox.options import ToolOptions
from services.bot.toolbox.schema import function_schema

if TYPE_CHECKING:
    from mcp_types import CallToolResult

#: A caller does not wait longer for a server that was not there when the bot started.
ASK_AGAIN_SECONDS = 2.0
#: Nova Sonic's, as Bedrock's for every model (API reference, ToolSpecification).
_NAME = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64


class ServerTools:
    """The servers of one call's agent."""

    def __init__(self, connections: Mapping[str, Connection], tools: Sequence[Tool]) -> None:
        """Takes what `open` has found out."""
        self._connections = connections
        self.tools = tools
        self._warming = [
            asyncio.create_task(connection.warm_up()) for connection in connections.values()
        ]

    @classmethod
    async def open(
        cls, servers: Mapping[str, McpServer], listing: Listing, taken: Iterable[str]
    ) -> Self:
        """Prepares the servers' tools and begins to connect.

        Args:
            servers: The agent's, by name.
            listing: What they had when the bot started.
            taken: Names of tools that the agent has of its own.
        """
        connections = {name: Connection(name, server) for name, server in servers.items()}
        tools: dict[str, Tool] = {}
        names = set(taken)
        for name, server in servers.items():
            offers = listing.get(key_of(server))
            if offers is None:
                offers = await _ask_again(name, connections[name])
            for offer in _allowed(name, server, offers):
                shown = _shown(name, offer.name, names)
                names.add(shown)
                tools[shown] = _tool(shown, name, offer, server, connections[name])
        return cls(connections, list(tools.values()))

    async def ready(self) -> None:
        """Waits until each server is connected, or cannot be."""
        await asyncio.gather(*self._warming)

    async def close(self) -> None:
        """Lets all servers go."""
        for warming in self._warming:
            warming.cancel()
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))


async def _ask_again(name: str, connection: Connection) -> Sequence[Offer]:
    try:
        async with asyncio.timeout(ASK_AGAIN_SECONDS):
            return await list_offers(name, connection)
    except (ServerUnavailableError, TimeoutError) as error:
        logger.bind(server=name, detail=str(error)).warning("call begins without an mcp server")
        return ()


def _allowed(name: str, server: McpServer, offers: Sequence[Offer]) -> list[Offer]:
    if server.tools is None:
        return list(offers)
    if offers and (missing := set(server.tools) - {offer.name for offer in offers}):
        logger.bind(server=name, missing=", ".join(sorted(missing))).warning(
            "mcp server lacks tools that the agent's file names"
        )
    return [offer for offer in offers if offer.name in server.tools]


def _shown(server: str, tool: str, taken: set[str]) -> str:
    """The name that the model calls: the tool's own, with the server's where it is taken."""
    plain = _NAME.sub("_", tool)[:_LONGEST_NAME]
    if plain not in taken:
        return plain
    long = _NAME.sub("_", f"{server}_{tool}")[:_LONGEST_NAME]
    number = 2
    while long in taken:
        long = f"{long[: _LONGEST_NAME - 3]}_{number}"
        number += 1
    return long


def _tool(shown: str, name: str, offer: Offer, server: McpServer, connection: Connection) -> Tool:
    needs_consent = offer.destructive or offer.name in server.consent

    async def invoke(arguments: Mapping[str, Any], context: ToolContext) -> Any:  # noqa: ANN401
        from mcp import MCPError

        if needs_consent:
            said = ", ".join(f"{key} {value}" for key, value in arguments.items())
            context.consent.ask(f"{shown.replace('_', ' ')}: {said}" if said else shown)
        try:
            result = await connection.call(offer.name, arguments, again=offer.again)
        except ServerUnavailableError as error:
            logger.bind(server=name, detail=str(error)).error("mcp server cannot be used")
            raise ToolFailedError(f"{shown} cannot be used at the moment") from error
        except ServerLostError as error:
            raise ToolFailedError(
                f"the connection was lost during {shown}, and it is not known whether it was done"
            ) from error
        except MCPError as error:
            raise ToolFailedError(f"{shown}: {error.message[:300]}") from error
        if result.is_error:
            raise ToolFailedError(f"{shown}: {_text(result)[:300] or 'failed'}")
        return _content(result)

    return Tool(
        name=shown,
        schema=function_schema(shown, offer.description, offer.input_schema),
        options=ToolOptions(timeout=server.timeout_seconds, progress=server.progress),
        invoke=invoke,
    )


def _content(result: "CallToolResult") -> Any:  # noqa: ANN401 - whatever the server returns
    """The data of a result; pictures and sounds are nothing that an agent can say."""
    if isinstance(result.structured_content, dict):
        return result.structured_content
    text = _text(result)
    try:
        data = json.loads(text)
    except ValueError:
        return text
    return data if isinstance(data, dict | list) else text


def _text(result: "CallToolResult") -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")
