"""Tests of the connect server."""
