"""The bot's line through a room, with Pipecat's own transport in a room of the stand-in."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests import daily_sdk  # first of all

from pipecat.frames.frames import EndFrame  # isort: skip

from services.bot.call.ending import Ending
from services.bot.transports import daily as daily_module
from services.bot.transports import face
from services.bot.transports.daily import DailyLine, delete_room, prepare
from services.common.daily import DailyRest
from services.common.errors import DailyRefused
from services.common.sessions import Room
from tests.bot.transports.bot_in_room import TONE, bot_in, caller_in, is_the_tone, until
from tests.daily_meetings import daily, rest
from tests.daily_stand_in import Daily

__all__ = ["daily", "rest"]


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    """As the bot is before it forks."""
    prepare()


@pytest.fixture
async def room(rest: DailyRest) -> Room:
    made = await rest.create_room("voice-1", seconds=600)
    return Room(name=made.name, url=made.url)


async def test_caller_and_bot_hear_each_other(room: Room, rest: DailyRest) -> None:
    async with caller_in(room, rest) as caller, bot_in(room, rest) as running:
        bot = await caller.bot_is_here()
        await caller.until(lambda: bool(caller.colours))  # from then on it listens, too
        await caller.say(TONE)
        await until(lambda: is_the_tone(running.agent.heard))
        assert running.agent.rates == {16_000}
        await running.speak(TONE)
        await caller.until(lambda: TONE in bytes(caller.heard.get(bot, b"")))
        assert caller.rate_of[bot] == 24_000
        assert running.endings == []


async def test_the_face_shows_whether_it_speaks(room: Room, rest: DailyRest) -> None:
    middle = (face.SIZE // 2 * face.SIZE + face.SIZE // 2) * 3
    listening, speaking = (
        {tuple(picture.image[middle : middle + 3]) for picture in pictures.images}
        for pictures in (face.listening(), face.speaking())
    )
    assert not listening & speaking
    async with caller_in(room, rest) as caller, bot_in(room, rest) as running:
        await caller.until(lambda: bool(listening & set(caller.colours)))
        assert not speaking & set(caller.colours)
        await running.speak(TONE)
        await caller.until(lambda: bool(speaking & set(caller.colours)))
        caller.colours.clear()
        await caller.until(lambda: bool(listening & set(caller.colours)))


async def test_the_caller_is_told_past_all_sound(room: Room, rest: DailyRest) -> None:
    async with caller_in(room, rest) as caller, bot_in(room, rest) as running:
        bot = await caller.bot_is_here()
        await running.line.tell({"type": "ended", "reason": "drained"})
        told = {"type": "ended", "reason": "drained"}
        await caller.until(
            lambda: any(
                sender == bot and message["type"] == "server-message" and message["data"] == told
                for sender, message in caller.messages
            )
        )


async def test_a_caller_who_hangs_up_has_left(room: Room, rest: DailyRest) -> None:
    async with caller_in(room, rest) as caller, bot_in(room, rest) as running:
        await caller.bot_is_here()
        await caller.send({"label": "rtvi-ai", "type": "disconnect-bot", "id": "1", "data": {}})
        assert await running.ending() is Ending.CALLER_LEFT


async def test_a_caller_who_is_gone_for_a_while_has_dropped(
    room: Room, rest: DailyRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily_module, "RETURN_SECONDS", 0.2)
    async with caller_in(room, rest) as caller, bot_in(room, rest) as running:
        await caller.bot_is_here()
        await caller.leave()
        assert await running.ending() is Ending.CALLER_DROPPED


async def test_a_caller_who_comes_back_at_once_was_never_gone(
    room: Room, rest: DailyRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily_module, "RETURN_SECONDS", 2.0)
    async with bot_in(room, rest) as running:
        async with caller_in(room, rest) as caller:
            await caller.bot_is_here()
        async with caller_in(room, rest) as again:
            await again.bot_is_here()
            await asyncio.sleep(2.2)  # longer than the line would have waited
            assert running.endings == []
            running.agent.heard.clear()
            await again.say(TONE)
            await until(lambda: is_the_tone(running.agent.heard))


async def test_nobody_coming_ends_the_call(
    room: Room, rest: DailyRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily_module, "CALLER_SECONDS", 0.2)
    async with bot_in(room, rest) as running:
        assert await running.ending() is Ending.CALLER_DROPPED


async def test_a_newer_bot_puts_this_one_out(daily: Daily, room: Room, rest: DailyRest) -> None:
    """So two bots are never in one call, whatever an old one still believes."""
    async with caller_in(room, rest) as caller, bot_in(room, rest) as old:
        first = await caller.bot_is_here()
        async with bot_in(room, rest) as new:
            assert await old.ending() is Ending.LINE_LOST
            await caller.until(lambda: first not in caller.bots())
            assert len(caller.bots()) == 1
            assert new.endings == []


async def test_a_room_that_is_deleted_ends_the_call(
    daily: Daily, room: Room, rest: DailyRest
) -> None:
    async with caller_in(room, rest) as caller, bot_in(room, rest) as running:
        await caller.bot_is_here()
        daily.stand_in.meetings.end(room.name)
        assert await running.ending() is Ending.LINE_LOST


async def test_a_room_that_is_gone_cannot_be_joined(rest: DailyRest, room: Room) -> None:
    await rest.delete_room(room.name)
    async with bot_in(room, rest) as running:
        assert await running.ending() is Ending.LINE_FAILED


async def test_a_join_that_hangs_is_given_up(
    rest: DailyRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily_module, "JOIN_SECONDS", 0.3)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        line = DailyLine(Room(name="voice-1", url=f"http://127.0.0.1:{port}/voice-1"), rest)
        ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        line.on_gone(ended.set_result)
        await line.open()
        async with asyncio.timeout(30):
            assert await ended is Ending.LINE_FAILED


async def test_leaving_oneself_is_nobodys_loss(room: Room, rest: DailyRest) -> None:
    async with caller_in(room, rest) as caller, bot_in(room, rest) as running:
        await caller.bot_is_here()
        await running.worker.queue_frame(EndFrame())
        await caller.until(lambda: caller.bots() == set())
        assert running.endings == []


async def test_without_a_token_there_is_no_line(daily: Daily, room: Room) -> None:
    stranger = DailyRest("another-key-0123456789", daily.url)
    line = DailyLine(room, stranger)
    with pytest.raises(DailyRefused):
        await line.open()
    await stranger.close()


async def test_the_room_of_a_call_that_is_over_is_deleted(
    daily: Daily, room: Room, rest: DailyRest
) -> None:
    assert daily.names() == [room.name]
    await delete_room(room, rest)
    assert daily.names() == []
    daily.fail(500, times=99)
    await delete_room(room, rest)


def test_a_bot_without_a_queue_does_not_load_dailys_library() -> None:
    modules = (
        "services.bot.processes.supervisor",
        "services.bot.resources",
        "services.bot.call.call",
    )
    program = f"import sys, {', '.join(modules)}; sys.exit('daily' in sys.modules)"
    repository = Path(daily_sdk.FOLDER).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=repository).returncode == 0
