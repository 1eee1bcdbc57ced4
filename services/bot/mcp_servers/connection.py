"""One server, as one call uses it: connected when first needed, and again after it was lost."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

from services.bot.mcp_servers.description import McpServer
from services.bot.mcp_servers.errors import ServerLostError, ServerUnavailableError

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult, Tool

#: A program may have to be loaded first, on a machine that is busy with calls.
CONNECT_SECONDS = 20.0
CLOSE_SECONDS = 3.0
ATTEMPTS = 2
LONGEST_PAUSE_SECONDS = 0.5
_MOST_PAGES = 20


class Connection:
    """A server, connected or not."""

    def __init__(self, name: str, server: McpServer) -> None:
        """Connects to nobody yet.

        Args:
            name: What the agent's file calls it.
            server: How it is reached.
        """
        self._name = name
        self._server = server
        self._lock = asyncio.Lock()
        self._client: Client | None = None
        self._living: asyncio.Task[None] | None = None
        self._log = logger.bind(server=name)

    async def warm_up(self) -> None:
        """Connects, so that the first call of a tool does not wait for it."""
        try:
            await self._connected()
        except ServerUnavailableError as error:
            self._log.bind(detail=str(error)).warning("mcp server cannot be used yet")

    async def list_tools(self) -> list["Tool"]:
        """What the server has.

        Raises:
            ServerUnavailableError: It cannot be asked.
        """
        client = await self._connected()
        found: list[Tool] = []
        cursor: str | None = None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                for _ in range(_MOST_PAGES):
                    page = await client.list_tools(cursor=cursor)
                    found += page.tools
                    if (cursor := page.next_cursor) is None:
                        break
        except Exception as error:
            raise ServerUnavailableError(f"{type(error).__name__}: {error}") from error
        return found

    async def call(
        self, tool: str, arguments: Mapping[str, Any], *, again: bool
    ) -> "CallToolResult":
        """Calls a tool. The caller bounds the time.

        Args:
            tool: Its name, as the server has it.
            arguments: What the model sent.
            again: Whether doing it twice does no harm, so that it may be tried on a new connection.

        Raises:
            ServerUnavailableError: The server cannot be used.
            ServerLostError: It went away meanwhile.
            MCPError: It refuses the call.
        """
        from mcp import MCPError
        from mcp_types import CONNECTION_CLOSED

        for attempt in range(1, ATTEMPTS + 1):
            client = await self._connected()
            try:
                return await client.call_tool(tool, dict(arguments))
            except MCPError as error:
                if error.code != CONNECTION_CLOSED:
                    raise
                lost: Exception = error
            except Exception as error:
                lost = error
            await self.close()
            self._log.bind(error=type(lost).__name__, attempt=attempt).warning("mcp server lost")
            if not again or attempt == ATTEMPTS:
                raise ServerLostError(self._name) from lost
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311 - no secret
        raise AssertionError("the last attempt returns or raises")

    async def close(self) -> None:
        """Lets the server go; a program that was started for this call ends."""
        living, self._living, self._client = self._living, None, None
        if living is not None:
            living.cancel()
            await asyncio.wait({living}, timeout=CLOSE_SECONDS)

    async def _connected(self) -> "Client":
        async with self._lock:
            if self._client is not None and self._living is not None and not self._living.done():
                return self._client
            await self.close()
            ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
            # The SDK wants to be left by the task that entered it.
            self._living = asyncio.create_task(self._live(ready))
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    self._client = await asyncio.shield(ready)
            except TimeoutError as error:
                await self.close()
                raise ServerUnavailableError("did not answer in time") from error
            except Exception as error:
                await self.close()
                raise ServerUnavailableError(_why(error)) from error
            return self._client

    async def _live(self, ready: "asyncio.Future[Client]") -> None:
        try:
            async with _client(self._server) as client:
                ready.set_result(client)
                await asyncio.Event().wait()
        except Exception as error:
            if not ready.done():
                ready.set_exception(error)
            else:
                self._log.bind(error=_why(error)).warning("mcp server lost")
        finally:
            ready.cancel()


@asynccontextmanager
async def _client(server: McpServer) -> AsyncIterator["Client"]:
    import httpx2
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamable_http_client

    if server.command is not None:
        parameters = StdioServerParameters(
            command=server.command, args=list(server.args), env=server.filled(server.env)
        )
        # What it says on its standard error is no JSON lines, as the log's are.
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:  # noqa: ASYNC230 - no disk
            async with Client(stdio_client(parameters, errlog=nowhere)) as client:
                yield client
    else:
        async with (
            httpx2.AsyncClient(
                headers=server.filled(server.headers), timeout=server.timeout_seconds
            ) as http,
            Client(streamable_http_client(str(server.url), http_client=http)) as client,
        ):
            yield client


def _why(error: BaseException) -> str:
    """The reason inside of a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
