"""Rooms without Daily: a room is a WebSocket server of the test's, and bots come into it.

`python -m tests.bot.rooms` is the bot with such rooms. The room is the caller at the same time: it
hears every bot that comes, counts them, and stays when they go.
"""
