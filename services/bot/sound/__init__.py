"""What is done to a caller's sound before anybody listens to it, and what that needs to know.

Here: the echo canceller and its far end, noise suppression, and how the caller's own device does.
Not here: speech detection, barge-in, and the sound that the agent makes. README.md says how it
works, when it is on and what it was measured to do.
"""

from services.bot.sound.settings import Sound

__all__ = ["Sound"]
