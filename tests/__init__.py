"""Tests of every part, laid out as the tree that they test, and the benchmarks."""
