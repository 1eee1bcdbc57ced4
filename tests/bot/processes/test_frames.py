"""WebSocket frames of the usual kind are read as `websockets` reads them; others are left to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from services.bot.processes.frames import framed, usual_messages

contents = (
    st.text(max_size=200) | st.binary(max_size=300) | st.just(bytes(70_000)) | st.just("é" * 100)
)


def frame(content: str | bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    opcode = Opcode.TEXT if isinstance(content, str) else Opcode.BINARY
    data = content.encode() if isinstance(content, str) else content
    return Frame(opcode, data, fin=fin).serialize(mask=mask)


@given(st.lists(contents, max_size=4))
def test_whole_messages_are_read_until_one_is_too_long(sent: list[str | bytes]) -> None:
    data = b"".join(map(frame, sent))
    read = list(usual_messages(data))
    short = next((n for n, each in enumerate(sent) if len(each) > 65_535), len(sent))
    assert [message.content for message in read] == sent[:short]
    assert not read or read[-1].end == len(b"".join(map(frame, sent[:short])))


@given(contents)
def test_a_message_is_framed_as_websockets_frames_it(content: str | bytes) -> None:
    assert framed(content) == frame(content, mask=False)


@given(contents, st.integers(0, 400))
def test_a_message_that_is_not_all_here_is_left_alone(content: str | bytes, kept: int) -> None:
    whole = frame(content)
    assert not list(usual_messages(whole[: min(kept, len(whole) - 1)]))


@pytest.mark.parametrize(
    "data",
    [
        frame("half of", fin=False),
        frame("not masked", mask=False),
        Frame(Opcode.PING, b"").serialize(mask=True),
        Frame(Opcode.CLOSE, b"").serialize(mask=True),
        Frame(Opcode.CONT, b"rest").serialize(mask=True),
        b"\xc2" + frame(b"compressed")[1:],
        Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True),
        b"\x82\xfe\x00\x01abcdx",
        b"",
        b"\x82",
        b"\x82\xfe\x01",
    ],
    # Masks are random, and names that change keep tests from being shared out.
    ids=[
        "the first half of a message",
        "not masked",
        "ping",
        "close",
        "the rest of a message",
        "compressed",
        "not UTF-8",
        "a length written too long",
        "nothing",
        "a first byte",
        "a length cut off",
    ],
)
def test_whatever_is_not_usual_is_left_to_the_parser(data: bytes) -> None:
    assert not list(usual_messages(data))
    first = frame(b"usual")
    assert [message.content for message in usual_messages(first + data)] == [b"usual"]
