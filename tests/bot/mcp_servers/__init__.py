"""Tests of `services.bot.mcp_servers`, with servers of other projects and one of our own."""
