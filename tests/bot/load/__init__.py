"""Tests of how a bot notices that it has too many calls."""
