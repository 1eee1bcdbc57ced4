"""Tests of reading an environment's file."""
