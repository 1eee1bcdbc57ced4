"""Tests of `services.bot.toolbox`."""
