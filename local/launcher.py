"""Starts the local stack in order, watches it, and ends it in order."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager, suppress

from botocore.exceptions import BotoCoreError, ClientError

from local import probe, stack
from local.environment import check_credentials
from local.part import Part, PartFailedError
from local.seed import seed
from local.view import View

_START_SECONDS = 60
_HEALTH_CHECK_SECONDS = 3


async def launch(options: stack.Options, view: View) -> None:
    """Run the stack until Ctrl-C, SIGTERM or the end of one of its parts.

    Raises:
        PartFailedError: Something did not start or died; everything else has been ended by then.
    """
    began = time.monotonic()
    if probe.port_is_taken(options.port):
        raise PartFailedError(
            f"Port {options.port} is taken by another program. Stop that program, or choose "
            f"another port: make run PORT={options.port + 10}"
        )
    if options.nova == "aws":
        await asyncio.to_thread(check_credentials, os.environ)
    with _own_files():
        plan = stack.plan(options, os.environ)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)

    with view.opened(plan.parts):
        try:
            await _first(_start(plan, view, began), stopping.wait())
            if not stopping.is_set():
                await _first(
                    _until_one_ends(plan.parts), _keep_checking(plan.parts), stopping.wait()
                )
        finally:
            view.say("Stopping …" if stopping.is_set() else "Stopping the other parts …", "dim")
            await _stop(plan)
    view.say("Stopped.", "dim")


@contextmanager
def _own_files() -> Iterator[None]:
    """Make a sentence of what the file system says of the launcher's own files.

    Raises:
        PartFailedError: A file cannot be read or written.
    """
    try:
        yield
    except OSError as error:
        raise PartFailedError(
            f"{error.filename} cannot be used: {error.strerror}. Make it yours, or remove it, and "
            "try again."
        ) from error


async def _start(plan: stack.Stack, view: View, began: float) -> None:
    await _start_together(plan.foundation, view)
    if plan.model == stack.EMULATOR:
        with _own_files():
            stack.write_trust_bundle()
    try:
        await asyncio.to_thread(
            seed,
            endpoint_url=plan.aws_url,
            region=plan.region,
            sessions_table=stack.SESSIONS_TABLE,
            orders_table=stack.ORDERS_TABLE,
            transcripts_bucket=stack.TRANSCRIPTS_BUCKET,
            parameter_prefix=stack.PARAMETER_PREFIX,
            secrets=plan.secrets,
        )
    except (BotoCoreError, ClientError) as error:
        raise PartFailedError(f"aws does not take the demo data: {error}") from error
    await _start_together(plan.services, view)
    with _own_files():
        stack.tell_where_calls_are(plan)
    view.ready(
        plan.parts,
        page_url=plan.page_url,
        web_socket_url=plan.page_url.replace("http", "ws", 1) + "/ws",
        api_key=plan.secrets["API_KEY"],
        model=plan.model,
        seconds=time.monotonic() - began,
    )


async def _start_together(parts: Iterable[Part], view: View) -> None:
    async def start(part: Part) -> None:
        view.line(part.name, f"starting at {part.where}")
        await part.start(view.line)
        await part.until_healthy(_START_SECONDS)

    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(start(part))
    except* PartFailedError as failures:
        raise failures.exceptions[0] from None


async def _until_one_ends(parts: Iterable[Part]) -> None:
    waiting = {asyncio.create_task(part.until_ended()): part for part in parts}
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        raise PartFailedError(await waiting[done.pop()].obituary())
    finally:
        for task in waiting:
            task.cancel()


async def _keep_checking(parts: Iterable[Part]) -> None:
    while True:
        await asyncio.sleep(_HEALTH_CHECK_SECONDS)
        await asyncio.gather(*(part.check() for part in parts))


async def _stop(plan: stack.Stack) -> None:
    """End the callers' side first, so that nobody meets a half-dead stack, AWS's stand-ins last."""
    plan.calls_file.unlink(missing_ok=True)
    await asyncio.gather(*(part.stop() for part in plan.services))
    await asyncio.gather(*(part.stop() for part in plan.foundation))


async def _first(*awaitables: Awaitable[object]) -> None:
    """Wait for the first of them, cancel the others, and raise what the first raised."""
    tasks = [asyncio.ensure_future(one) for one in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, PartFailedError):
                await task
