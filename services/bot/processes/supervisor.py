"""The supervisor: keeps processes ready for callers, answers when there are none, drains.

It imports everything once and forks; it serves no call itself. It runs no threads, because a fork
copies only the thread that forks.
"""

import asyncio
import signal
import socket
from collections.abc import Coroutine
from typing import Any

from loguru import logger

from services.bot import problems
from services.bot.endpoint import endpoint
from services.bot.load import Load, Overload, longest_lag
from services.bot.processes import admin
from services.bot.processes.aftermath import Aftermath
from services.bot.processes.balance import Waiting, wanted
from services.bot.processes.fleet import Fleet, Kind
from services.bot.processes.fork import Work, fork, prepare_to_fork, threads_alive
from services.bot.processes.link import Drain, HangUp
from services.bot.processes.listener import Web
from services.bot.processes.protection import protection_of
from services.bot.processes.pulling import receive_a_job
from services.bot.processes.reception import receive_a_caller
from services.bot.processes.reloading import reload_when_changed
from services.bot.processes.session_process import serve_one_session
from services.bot.processes.waiting import first_of
from services.bot.processes.watch import watch
from services.bot.resources import Resources

#: After DRAIN_SECONDS every call that is left says goodbye; what still runs then is killed.
GOODBYE_SECONDS = 8.0
#: After a second Ctrl-C.
HURRY_SECONDS = 2.0
KILL_SECONDS = 1.0
#: How often a task tells how full it is. On AWS the line becomes the metric that scaling follows.
REPORT_SECONDS = 60.0


class Supervisor:
    """Keeps session processes."""

    def __init__(
        self, resources: Resources, listener: socket.socket, admin_listener: socket.socket
    ) -> None:
        """Prepares a supervisor.

        Args:
            resources: What calls need, made before any fork.
            listener: Where calls come in.
            admin_listener: Where `/health` and `/ready` are asked for.
        """
        self._resources = resources
        self._settings = resources.settings
        self._listener = listener
        self._admin_listener = admin_listener
        self._door = Kind(
            lambda line: serve_one_session(
                line, resources, lambda slot: receive_a_caller(listener, slot, resources)
            ),
            keep=frozenset({listener.fileno()}),
        )
        self._queue = Kind(
            lambda line: serve_one_session(
                line, resources, lambda slot: receive_a_job(slot, resources)
            )
        )
        self._aftermath = Aftermath(resources)
        self._fleet = Fleet(on_change=self._tend, on_lost=self._aftermath.release)
        self._protection = protection_of(resources)
        self._overload = Overload(limit=self._settings.overload_lag_ms / 1000)
        self._tending: asyncio.Handle | None = None
        self._refusing: asyncio.Task[None] | None = None
        self._quit = asyncio.Event()
        self._hurry = asyncio.Event()
        self._empty = asyncio.Event()

    async def run(self) -> None:
        """Serves until a signal ends it."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_signal_handler(signal.SIGINT, self._stop)
        loop.add_signal_handler(signal.SIGCHLD, self._fleet.reap)
        prepare_to_fork()
        to_the_end = [
            _in_background(admin.serve(self._admin_listener, self.slots)),
            _in_background(watch(self._fleet, lease_seconds=self._settings.lease_seconds)),
        ]
        while_open = [
            _in_background(self._report()),
            _in_background(self._protection.run()),
            _in_background(self._resources.library.keep_up(_fork_apart)),
            _in_background(self._judge_load()),
            _in_background(self._reload()),
        ]
        self._aftermath.begin_to_sweep()
        self._tend()
        logger.bind(
            port=self._listener.getsockname()[1], admin_port=self._admin_listener.getsockname()[1]
        ).info("bot is listening")
        await self._quit.wait()
        self._aftermath.stop_sweeping()
        for task in while_open:
            task.cancel()
        await self._drain()
        await self._protection.end()
        for task in to_the_end:
            task.cancel()
        # Another one would end what has ended well as if it had been killed.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        logger.info("bot has stopped")

    def slots(self) -> admin.Slots:
        """How many slots there are and how they are used."""
        return admin.Slots(
            taken=self._fleet.count("taken"),
            idle=self._fleet.count("idle"),
            max=self._settings.max_sessions,
            draining=self._quit.is_set(),
            overloaded=self._overload.now,
            lag_ms=round(1000 * self._overload.lag, 1),
        )

    async def _reload(self) -> None:
        if self._settings.reload_agents:
            await reload_when_changed(self._resources, self._fleet.renew)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            self._tell_slots()

    def _tell_slots(self) -> None:
        slots = self.slots()
        # A task that lets nobody in is as full as one without places.
        percent = 100 if slots.overloaded else round(100 * slots.taken / slots.max)
        logger.bind(
            taken=slots.taken, max=slots.max, taken_percent=percent, lag_ms=slots.lag_ms
        ).info("slots")

    async def _judge_load(self) -> None:
        """Shuts the door while the processor is full, and opens it again."""
        while True:
            lag = await longest_lag()
            if self._overload.judge([*self._fleet.loads(), Load(lag)]):
                self._shut_or_open()

    def _shut_or_open(self) -> None:
        overload, calls = self._overload, self._fleet.count("taken")
        log = logger.bind(
            calls=calls, lag_ms=round(1000 * overload.lag), late_ms=round(1000 * overload.late)
        )
        if overload.now:
            log.error("bot is overloaded")
        else:
            log.info("bot is no longer overloaded")
        self._fleet.let_in(not overload.now)
        self._tell_slots()
        self._tend()

    def _tend(self) -> None:
        """Looks after the fleet soon, in a callback of its own, where forking is safe."""
        if self._tending is None:
            self._tending = asyncio.get_running_loop().call_soon(self._tend_now)

    def _tend_now(self) -> None:
        self._tending = None
        self._protection.calls(self._fleet.count("taken"))
        if self._quit.is_set():
            if not len(self._fleet):
                self._empty.set()
            return
        if not self._overload.now:
            self._fill_up()
        self._mind_the_door()

    def _fill_up(self) -> None:
        pause = self._fleet.pause() or self._fleet.settling()
        while (kind := self._missing()) and not pause:
            if threads_alive() > 1:
                logger.warning("supervisor forks while it has threads")
            self._fleet.add(kind)
        if pause and kind:
            asyncio.get_running_loop().call_later(pause, self._tend)

    def _missing(self) -> Kind | None:
        """Which kind of process to fork; where there is no place, one of the other kind goes."""
        fleet, door, queue = self._fleet, self._door, self._queue
        waiting = Waiting(fleet.available(door), fleet.available(queue))
        left = self._settings.max_sessions - len(fleet) + sum(waiting)
        pulls = self._resources.jobs is not None
        target = wanted(left, self._settings.spare_sessions, pulls=pulls)
        room = len(fleet) < self._settings.max_sessions
        if waiting.door < target.door:
            if room:
                return door
            if waiting.queue > target.queue:
                fleet.retire(queue)
        elif waiting.queue < target.queue:
            if room:
                return queue
            if waiting.door > target.door:
                fleet.retire(door)
        return None

    def _mind_the_door(self) -> None:
        """Answers callers itself exactly while no process can come to the door."""
        full = len(self._fleet) >= self._settings.max_sessions or self._fleet.pause() > 0
        nobody = self._overload.now or (full and self._fleet.available(self._door) == 0)
        if nobody and self._refusing is None:
            self._refusing = asyncio.get_running_loop().create_task(self._refuse())
        elif not nobody and self._refusing is not None:
            self._refusing.cancel()
            self._refusing = None

    def _refusal(self) -> problems.Problem:
        return problems.overloaded() if self._overload.now else problems.no_capacity()

    async def _refuse(self) -> None:
        loop = asyncio.get_running_loop()
        web = Web(endpoint(self._resources, slot=None, refusal=self._refusal))
        while True:
            try:
                accepted, _ = await loop.sock_accept(self._listener)
                await web.serve(accepted)
            except OSError as error:
                logger.bind(error=type(error).__name__).warning("connection could not be refused")

    def _stop(self) -> None:
        """The first signal drains, the second one hurries."""
        (self._hurry if self._quit.is_set() else self._quit).set()

    async def _drain(self) -> None:
        """Lets idle processes go and waits for the calls, as long as there is time."""
        logger.bind(calls=self._fleet.count("taken")).info("bot is draining")
        if self._refusing is not None:
            self._refusing.cancel()
        self._listener.close()
        self._fleet.tell_all(Drain())
        self._tend()
        await first_of(self._settings.drain_seconds, self._empty.wait(), self._hurry.wait())
        if not self._empty.is_set():
            calls = self._fleet.count("taken")
            logger.bind(calls=calls).warning("bot ends the calls that are left")
            self._fleet.tell_all(HangUp())
            hurried = self._hurry.is_set()
            await first_of(HURRY_SECONDS if hurried else GOODBYE_SECONDS, self._empty.wait())
        self._fleet.kill_all()
        await first_of(KILL_SECONDS, self._empty.wait())


def _in_background(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Does some work that no call shall end for: where it fails, the log says so."""
    task = asyncio.create_task(work)

    def note(done: asyncio.Task[None]) -> None:
        if not done.cancelled() and (error := done.exception()) is not None:
            logger.opt(exception=error).error("supervisor does without a background task")

    task.add_done_callback(note)
    return task


def _fork_apart(work: Work) -> None:
    """Has a process do some work that shares nothing with the calls."""
    fork(work, keep=frozenset())
