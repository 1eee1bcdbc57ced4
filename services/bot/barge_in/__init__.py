"""When a caller speaks while the agent does: who goes on, and what was heard by then.

The first sound of a voice holds the agent's playback at once, which can be undone (`attention`,
`hold`). Speech that lasts, or Nova's word, makes an interruption of it; a cough does not, and the
agent goes on where it stopped. What the caller did not hear does not enter the conversation
(`heard`). `BargeIn` ties these to one call. README.md beside this tells it with numbers.

Not here: what speech is (`voice_activity`), and what the page plays (`services/client`).
"""

from services.bot.barge_in.barge_in import BargeIn
from services.bot.barge_in.hold import Hold

__all__ = ["BargeIn", "Hold"]
