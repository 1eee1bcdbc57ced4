"""Tests of `services.bot.sound`."""
