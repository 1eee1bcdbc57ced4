"""Tests of `services.common.calls`."""
