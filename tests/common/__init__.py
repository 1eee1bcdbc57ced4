"""Tests of what server and bot share."""
