"""Who may be in a room of the stand-in, and who hears whom there."""

import time

import pytest
from websockets.exceptions import ConnectionClosedError

from services.common.daily import DailyRest, DailyRoom, Participant
from tests.daily_meetings import daily, rest
from tests.daily_stand_in import Daily
from tests.room_caller import in_room

__all__ = ["daily", "rest"]

CALLER, BOT = Participant.CALLER, Participant.BOT
EJECTED = 4410
REFUSED = 4403


@pytest.fixture
async def room(rest: DailyRest) -> DailyRoom:
    return await rest.create_room("voice-1", seconds=600)


async def token(rest: DailyRest, who: Participant, room: str = "voice-1") -> str:
    return await rest.token(room, who, seconds=60)


async def test_those_in_a_room_hear_and_message_each_other(
    rest: DailyRest, room: DailyRoom
) -> None:
    async with (
        in_room(room.url, await token(rest, CALLER)) as caller,
        in_room(room.url, await token(rest, BOT)) as bot,
    ):
        assert await caller.bot_is_here() == bot.id
        assert bot.events[0]["participant"]["info"]["userId"] == "caller"
        await caller.say(bytes(640))
        await bot.until(lambda: len(bot.heard.get(caller.id, b"")) == 640)
        await bot.send({"hello": 1})
        await caller.until(lambda: caller.messages == [(bot.id, {"hello": 1})])
        await bot.leave()
        await caller.until(lambda: caller.bots() == set())


async def test_a_caller_is_heard_but_not_seen(rest: DailyRest, room: DailyRoom) -> None:
    async with (
        in_room(room.url, await token(rest, CALLER)) as caller,
        in_room(room.url, await token(rest, BOT)) as bot,
    ):
        await caller.send_media(b"v", bytes(7))
        await caller.say(bytes(640))
        await bot.until(lambda: caller.id in bot.heard)
        assert bot.colours == []
        await bot.send_media(b"v", bytes((64, 1, 64, 1, 1, 2, 3)))
        await caller.until(lambda: caller.colours == [(1, 2, 3)])


async def test_a_second_bot_puts_out_the_first(rest: DailyRest, room: DailyRoom) -> None:
    async with (
        in_room(room.url, await token(rest, CALLER)) as caller,
        in_room(room.url, await token(rest, BOT)) as first,
        in_room(room.url, await token(rest, BOT)) as second,
    ):
        await first.until_put_out()
        assert first.close_code == EJECTED
        await caller.until(lambda: caller.bots() == {second.id})


async def test_deleting_a_room_puts_everybody_out(rest: DailyRest, room: DailyRoom) -> None:
    async with in_room(room.url, await token(rest, CALLER)) as caller:
        await rest.delete_room(room.name)
        await caller.until_put_out()
        assert caller.close_code == EJECTED


async def test_the_end_of_a_room_puts_everybody_out(rest: DailyRest) -> None:
    room = await rest.create_room("voice-2", seconds=2)
    async with in_room(room.url, await token(rest, CALLER, "voice-2")) as caller:
        await caller.until_put_out()
        assert room.exp is not None
        assert time.time() >= room.exp


async def test_only_good_tokens_let_in(daily: Daily, rest: DailyRest, room: DailyRoom) -> None:
    stranger = DailyRest("another-key-0123456789", daily.url)
    stranger._domain_id = await rest._domain()
    bad = {
        "": room.url,
        "nonsense": room.url,
        await token(rest, CALLER, "voice-2"): room.url,
        await stranger.token(room.name, CALLER, seconds=60): room.url,
        await rest.token(room.name, CALLER, seconds=-1): room.url,
        await token(rest, CALLER, "voice-3"): room.url.replace("voice-1", "voice-3"),
    }
    for shown, url in bad.items():
        with pytest.raises(ConnectionClosedError) as refused:
            async with in_room(url, shown):
                pass
        assert refused.value.rcvd is not None
        assert refused.value.rcvd.code == REFUSED
    assert daily.stand_in.meetings.present("voice-1") == []
