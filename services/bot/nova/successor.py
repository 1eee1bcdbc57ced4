"""The stream that takes over from one before AWS ends that for its age."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from services.bot.nova.link import Link
from services.bot.nova.settings import NovaSettings

# A successor is told what was said only when it takes over; until then it hears nothing.
_ANSWERS_SECONDS = 2.0
_WAITS_SECONDS = 15.0


class Successor:
    """A link that is opened beside the one in use, which goes on until the new one answers."""

    def __init__(
        self,
        settings: NovaSettings,
        *,
        preface: Callable[[], list[bytes]],
        part: Callable[[Link], None],
        log: Any,  # noqa: ANN401 - a bound loguru logger
    ) -> None:
        """There is none yet.

        Args:
            settings: Endpoint and deadlines, and at which ages links are replaced.
            preface: Makes the events with which a link begins.
            part: Is given links that nobody will use.
            log: Is told of links that could not be opened.
        """
        self._settings = settings
        self._preface = preface
        self._part = part
        self._log = log
        self._opening: asyncio.Task[Link] | None = None
        self._not_before = 0.0

    def of(self, link: Link, *, outdated: bool, undisturbed: bool) -> Link | None:
        """The link that takes over now from another; None while there is none. Never waits.

        Args:
            link: The one in use.
            outdated: Whether it is to be replaced before its time.
            undisturbed: Whether nobody would notice now.
        """
        limit = self._settings.connection_limit_seconds
        must = link.age >= limit * self._settings.rotate_by
        due = outdated or link.age >= limit * self._settings.rotate_from
        wanted = must or (due and undisturbed)
        if self._opening is None:
            if wanted and time.monotonic() >= self._not_before:
                self._opening = asyncio.create_task(self._open())
            return None
        if not self._opening.done():
            return None
        if (error := self._opening.exception()) is not None:
            self._log.bind(detail=str(error)).warning("nova stream not replaced yet")
            self._opening = None
            self._not_before = time.monotonic() + self._settings.backoff_longest_seconds
            return None
        successor = self._opening.result()
        if wanted:
            self._opening = None
            return successor
        if successor.age > _WAITS_SECONDS:
            self.discard()
        return None

    def discard(self) -> None:
        """It will not be wanted, or not with that preface."""
        if self._opening is None:
            return
        opening, self._opening = self._opening, None
        if not opening.done():
            opening.cancel()
        elif opening.exception() is None:
            self._part(opening.result())

    async def _open(self) -> Link:
        link = await Link.open(self._settings)
        try:
            link.put(*self._preface())
            async with asyncio.timeout(_ANSWERS_SECONDS):
                await link.accepted.wait()
        except TimeoutError:
            pass
        except BaseException:
            await link.close()
            raise
        if link.error is not None:
            raise link.error
        return link
