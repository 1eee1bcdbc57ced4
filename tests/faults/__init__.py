"""The fault matrix: what happens to a caller when something breaks, one row a fault.

`matrix` holds the rows, and `python -m tests.faults` writes README's table from them. Every row has
one test, which breaks the real thing (processes, or the network to moto and the emulator) under a
caller who behaves as the page does, and ends with `aftermath.settled`: nothing lost, nothing left.
Nothing here looks into a service: that is for the tests of its parts.
"""
