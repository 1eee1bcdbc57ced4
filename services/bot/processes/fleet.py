"""The session processes of this task, as their supervisor sees them."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Literal

from loguru import logger

from services.bot.load import Load
from services.bot.processes.fork import fork
from services.bot.processes.link import (
    Alive,
    Ended,
    Link,
    Loaded,
    Message,
    Pause,
    Ready,
    Resume,
    Retire,
    Taken,
)

State = Literal["starting", "idle", "taken", "ended"]

#: A process that ends sooner than this without a call counts as a failed start.
SOUND_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0
#: A process that warms up blocks its event loop meanwhile, on a busy machine for seconds.
START_SECONDS = 60.0
#: What a process said of its load is old news after this time: it may be stopped.
NEWS_SECONDS = 2.5
#: A new process warms for a tenth of a second on the processor that a caller who has just come in
#: needs for the call's start. While another process is idle, it can wait.
SETTLING_SECONDS = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What a process waits for.

    Attributes:
        work: What it does with its end of the line.
        keep: File descriptors that it shares with the supervisor.
    """

    work: Callable[[socket.socket], Coroutine[None, None, None]]
    keep: frozenset[int] = frozenset()


@dataclass(slots=True, eq=False)
class Member:
    """One session process.

    Attributes:
        kind: What it waits for.
        pid: Its process id.
        line: The supervisor's end of the socket pair.
        state: How far it is.
        taken: What it serves.
        told: What it was ordered; its end is our wish then.
        heard: When it last said anything, by the monotonic clock.
        load: What it said of its last second, and when.
    """

    kind: Kind
    pid: int
    line: socket.socket
    state: State = "starting"
    link: Link | None = None
    taken: Taken | None = None
    told: Message | None = None
    born: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    load: tuple[float, Load] | None = None

    def tell(self, message: Message) -> None:
        """Sends an order, as soon as the line is up."""
        self.told = message
        if self.link is not None:
            self.link.send(message)


class Fleet:
    """Forks session processes, listens to them and buries them."""

    def __init__(self, *, on_change: Callable[[], None], on_lost: Callable[[Taken], None]) -> None:
        """Prepares an empty fleet.

        Args:
            on_change: Called when a process changed its state or is gone.
            on_lost: Called with the session of a process that died in a call.
        """
        self._on_change = on_change
        self._on_lost = on_lost
        self._members: dict[int, Member] = {}
        self._listening: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._paused = False
        self._not_before = 0.0
        self._taken_at = -SETTLING_SECONDS

    def __len__(self) -> int:
        """How many processes there are."""
        return len(self._members)

    def count(self, *states: State) -> int:
        """How many processes are in one of some states."""
        return sum(member.state in states for member in self._members.values())

    def available(self, kind: Kind) -> int:
        """How many processes of a kind wait for a call, or soon will."""
        return sum(1 for _ in self._waiting(kind))

    def retire(self, kind: Kind) -> None:
        """Lets a process of a kind go that waits for a call; its place is for another."""
        for member in self._waiting(kind):
            member.tell(Retire())
            return

    def renew(self) -> None:
        """Lets every process go that waits for a call; new ones take their places."""
        for kind in {member.kind for member in self._members.values()}:
            for member in self._waiting(kind):
                member.tell(Retire())

    def _waiting(self, kind: Kind) -> Iterator[Member]:
        for member in self._members.values():
            waits = member.state in ("starting", "idle") and member.told is None
            if member.kind is kind and waits:
                yield member

    def loads(self) -> list[Load]:
        """What the processes say of their last second."""
        oldest = time.monotonic() - NEWS_SECONDS
        told = [member.load for member in self._members.values() if member.load is not None]
        return [load for at, load in told if at >= oldest]

    def let_in(self, wanted: bool) -> None:
        """Has every process, and those to come, let callers in, or nobody for now."""
        self._paused = not wanted
        for member in self._members.values():
            if member.link is not None:
                member.link.send(Resume() if wanted else Pause())

    def pause(self) -> float:
        """Seconds to wait before the next fork, after failed starts."""
        return max(0.0, self._not_before - time.monotonic())

    def settling(self) -> float:
        """Seconds for which the latest caller's process should have the processor."""
        waits = self.count("idle") > 0
        return max(0.0, self._taken_at + SETTLING_SECONDS - time.monotonic()) if waits else 0.0

    def add(self, kind: Kind) -> None:
        """Forks a process. Call it from a plain callback of the loop, not from a task."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        keep = kind.keep | {theirs.fileno()}
        member = Member(kind, fork(lambda: kind.work(theirs), keep=keep), ours)
        theirs.close()
        self._members[member.pid] = member
        task = asyncio.get_running_loop().create_task(self._listen(member))
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)

    def tell_all(self, message: Message) -> None:
        """Sends every process an order."""
        for member in self._members.values():
            member.tell(message)

    def kill_all(self) -> None:
        """Ends every process at once."""
        for pid in self._members:
            os.kill(pid, signal.SIGKILL)

    def hear_all(self) -> None:
        """Lets every process off for its silence, when it was us who did not listen."""
        for member in self._members.values():
            member.heard = time.monotonic()

    def kill_silent(self, seconds: float) -> None:
        """Ends every process that hangs: one that has said nothing for some seconds."""
        for member in self._members.values():
            silence = time.monotonic() - member.heard
            if silence > (START_SECONDS if member.state == "starting" else seconds):
                log = logger.bind(pid=member.pid, state=member.state, seconds=round(silence, 1))
                log.error("session process hangs")
                os.kill(member.pid, signal.SIGKILL)

    def reap(self) -> None:
        """Buries every child that has died, our own and, as process 1, those left to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            member = self._members.pop(pid, None)
            if member is not None:
                self._bury(member, os.waitstatus_to_exitcode(status))

    def _bury(self, member: Member, code: int) -> None:
        log = logger.bind(pid=member.pid, exit_code=code)
        died_in_call = member.taken is not None and member.state != "ended"
        if died_in_call and member.taken is not None:
            log.bind(session_id=member.taken.session.session_id).error("session process died")
            self._on_lost(member.taken)
        elif member.told is not None or member.state == "ended":
            log.debug("session process left")
        else:
            log.error("idle session process died")
        self._judge(member)
        self._on_change()

    def _judge(self, member: Member) -> None:
        lived = time.monotonic() - member.born
        if member.taken is not None or member.told is not None or lived >= SOUND_SECONDS:
            self._failures = 0
            return
        self._failures += 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.1 * 2**self._failures)
        self._not_before = time.monotonic() + pause

    async def _listen(self, member: Member) -> None:
        link = await Link.over(member.line)
        member.link = link
        if self._paused:
            link.send(Pause())
        if member.told is not None:
            link.send(member.told)
        try:
            while (message := await link.receive()) is not None:
                member.heard = time.monotonic()
                match message:
                    case Alive():
                        continue
                    case Loaded():
                        member.load = time.monotonic(), Load(message.lag, message.late)
                        continue
                    case Ready():
                        member.state = "idle"
                    case Taken():
                        member.state, member.taken = "taken", message
                        self._taken_at = time.monotonic()
                    case Ended():
                        member.state = "ended"
                    case _:
                        logger.bind(pid=member.pid, kind=message.kind).warning("unexpected message")
                self._on_change()
        finally:
            await link.close()
