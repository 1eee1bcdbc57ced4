"""What `make bench` measures: one file a benchmark, and the harness that they share.

Every number comes from real processes on this machine: the connect server, the bot and moto as
`make run` starts them, the Nova Sonic emulator in a process of its own, callers in another. Nothing
here is a test; no test asserts a time.
"""
