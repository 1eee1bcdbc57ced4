"""Tools of other programs', over the Model Context Protocol: an agent's file names the servers.

What a server offers is asked before the first call, in a process of its own, so that a call's first
words do not wait for it; each call then has its own connections, made while the caller is greeted.
A server's tools are called like the agent's own, with the same limits.

`mcp` is imported only where an agent names a server: it takes half a second and 20 MB.
"""

from services.bot.mcp_servers.description import McpServer
from services.bot.mcp_servers.listing import Listing, ask_servers
from services.bot.mcp_servers.tools import ServerTools

__all__ = ["Listing", "McpServer", "ServerTools", "ask_servers"]
