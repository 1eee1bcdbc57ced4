"""What takes daily-python's place where this folder comes first on Python's path.

Pipecat's Daily transport then runs as it is, on the stand-in's rooms instead of Daily's.
"""
