"""Tests of one call: its pipeline, its record, its end."""
