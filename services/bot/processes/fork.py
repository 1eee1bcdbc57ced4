"""Forks a process that runs one coroutine and exits.

It is called from a callback of the parent's event loop, with a single thread alive. The child
leaves that loop, its signal handlers and its files behind and never returns into the parent's code.
Its own loop is libuv's, which costs a call a sixth less processor time than asyncio's.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path

import uvloop
from loguru import logger

Work = Callable[[], Coroutine[None, None, None]]

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


def prepare_to_fork() -> None:
    """Moves what exists now out of the collector's sight, so that children do not copy it."""
    gc.collect()
    gc.freeze()


def fork(work: Work, *, keep: frozenset[int]) -> int:
    """Forks a child that does some work and exits.

    Args:
        work: Makes the coroutine that the child runs.
        keep: File descriptors that stay open in the child, besides standard input and outputs.

    Returns:
        The child's process id.
    """
    # A signal that reached the child before it has dropped the parent's handlers would be written
    # to the parent's wake-up pipe, which both share.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    pid = os.fork()
    if pid == 0:
        _live(work, keep, before)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _live(work: Work, keep: frozenset[int], mask: Iterable[int]) -> None:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        # Ctrl-C reaches the whole group; the supervisor alone decides what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _close_other_files(keep)
        # Not asyncio.run, which waits for tasks and threads that hang; they end with the process.
        asyncio.Runner(loop_factory=uvloop.new_event_loop).run(work())
        status = 0
    except BaseException:
        logger.exception("session process failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _close_other_files(keep: frozenset[int]) -> None:
    """Closes the supervisor's other connections, which would otherwise outlive it in the child."""
    for name in sorted(os.listdir("/dev/fd")):  # noqa: PTH208  (no Path objects in a new child)
        number = int(name)
        if number > 2 and number not in keep:
            try:
                os.close(number)
            except OSError:
                continue


def threads_alive() -> int:
    """How many threads this process has, native ones too; 1 where the system does not tell."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else 1
