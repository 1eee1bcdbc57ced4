"""A server with every kind of tool, over standard input and output or, with a port, over HTTP."""

import asyncio
import os
import sys
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations

server = MCPServer("shop")
harmless = ToolAnnotations(read_only_hint=True)


@server.tool(annotations=harmless)
def stock(item: str, size: int = 1) -> dict[str, Any]:
    """How many of an item are left."""
    return {"item": item, "left": 7 * size}


@server.tool(annotations=harmless)
def track_order(order_number: str) -> str:
    """Has the name of another tool."""
    return f"{order_number} is somewhere"


@server.tool(annotations=ToolAnnotations(destructive_hint=True))
def empty_shelf(item: str) -> str:
    """Throws everything away."""
    return f"no {item} is left"


@server.tool()
def fails() -> str:
    """Fails."""
    raise RuntimeError("out of paper")


@server.tool()
async def hangs() -> str:
    """Never answers."""
    await asyncio.Event().wait()
    return ""


@server.tool(annotations=harmless)
def dies_once(mark: str) -> str:
    """Ends the server the first time."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return "alive"
    os._exit(1)


@server.tool()
def dies() -> str:
    """Ends the server."""
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
