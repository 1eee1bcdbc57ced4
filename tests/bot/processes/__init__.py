"""Tests of the bot's processes."""
