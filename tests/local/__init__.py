"""Tests of the launcher and of what it starts."""
