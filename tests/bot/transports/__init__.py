"""Tests of the callers' lines, one by one and in whole calls."""
