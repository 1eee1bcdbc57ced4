"""That the caller agrees before something is changed.

What a model reads, an order's text or a document, may tell it to call a tool. It can be made to
call one twice; it cannot make the caller speak. So what a tool changes, it changes only when the
caller has said something after the agent was told to ask, and has not said no.
"""

import re
from collections.abc import Callable, Sequence

from services.bot.toolbox.errors import ConsentNeededError

#: How people refuse, in every language of Nova Sonic's. Who says "no, go ahead" is asked again.
_REFUSALS = re.compile(
    r"\b(no|nope|not|don'?t|never|stop|wait|nein|nicht|non|pas|nunca|não|nao|mai|nahi|nahin)\b|नहीं|मत",
    re.IGNORECASE,
)


class Consent:
    """What the caller was asked to agree to, and what was said since."""

    def __init__(self) -> None:
        """Nothing was asked; nothing the caller says is heard before `listen`."""
        self._said: Callable[[], Sequence[str]] = tuple
        self._asked: tuple[str, int] | None = None

    def listen(self, said: Callable[[], Sequence[str]]) -> None:
        """Takes who can tell all that the caller has said so far, one text a turn."""
        self._said = said

    def ask(self, to: str) -> None:
        """Goes on only if the caller has agreed.

        Args:
            to: What it is about, as the agent can say it: "cancel order 4217, a blue kettle". The
                same words each time; other words are another question.

        Raises:
            ConsentNeededError: The caller has not been asked yet, has not answered, or has said no.
        """
        asked, said = self._asked, self._said()
        self._asked = to, len(said)
        if asked is None or asked[0] != to:
            raise ConsentNeededError(to)
        since = said[asked[1] :]
        if not since or any(_REFUSALS.search(text) for text in since):
            raise ConsentNeededError(to)
        self._asked = None
