"""Who had which call, when: kept by the simulated bots, to see whether all went well."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Holding:
    """A call in a bot's hands; times are those of `time.monotonic()`.

    Attributes:
        session_id: The call's.
        generation: Of its record, when the bot took it.
        bot: Whose.
        since: When the record said that the call is the bot's.
        until: When the bot let go of it, or died; infinite while it has it.
    """

    session_id: str
    generation: int
    bot: int
    since: float = field(default_factory=time.monotonic)
    until: float = math.inf

    def end(self) -> None:
        """The bot has it no more."""
        self.until = min(self.until, time.monotonic())


@dataclass(slots=True)
class Ledger:
    """All holdings.

    Attributes:
        sent: When each call's job was on the queue.
        holdings: In the order in which they began.
    """

    sent: dict[str, float] = field(default_factory=dict)
    holdings: list[Holding] = field(default_factory=list)

    def most_at_once(self) -> dict[int, int]:
        """How many calls each bot had at most."""
        changes: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for each in self.holdings:
            changes[each.bot] += [(each.since, 1), (each.until, -1)]
        return {
            bot: max(itertools.accumulate(change for _, change in sorted(ups_and_downs)))
            for bot, ups_and_downs in changes.items()
        }

    def shared(self) -> list[str]:
        """Calls that two bots had in one generation, or at one time while both lived."""
        generations = Counter((each.session_id, each.generation) for each in self.holdings)
        wrong = {session_id for (session_id, _), bots in generations.items() if bots > 1}
        for session_id, holdings in self._by_call().items():
            for earlier, later in itertools.pairwise(holdings):
                if later.since < earlier.until:
                    wrong.add(session_id)
        return sorted(wrong)

    def waits(self) -> list[float]:
        """Seconds from the queue to a bot, of each call the first time."""
        return [
            holdings[0].since - self.sent[session_id]
            for session_id, holdings in self._by_call().items()
        ]

    def gaps(self) -> list[float]:
        """Seconds without a bot, of each call whose bot died."""
        return [
            later.since - earlier.until
            for holdings in self._by_call().values()
            for earlier, later in itertools.pairwise(holdings)
        ]

    def _by_call(self) -> dict[str, list[Holding]]:
        calls: dict[str, list[Holding]] = defaultdict(list)
        for each in sorted(self.holdings, key=lambda holding: holding.since):
            calls[each.session_id].append(each)
        return calls
