"""Tests of `make calls`."""
