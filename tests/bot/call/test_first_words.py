"""What the agent says before the caller does."""

from datetime import UTC, datetime

from services.bot.agent import read_agents
from services.bot.call.pipeline import first_words
from services.bot.call.turn_writer import Role
from services.common.sessions import Turn

AGENT = read_agents(("order-desk",))["order-desk"]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def spoken(*turns: tuple[Role, str] | tuple[Role, str, bool]) -> list[Turn]:
    return [
        Turn(number=n, role=turn[0], text=turn[1], started_at=NOW, interrupted=len(turn) == 3)
        for n, turn in enumerate(turns, start=1)
    ]


def asked(history: list[Turn]) -> str | None:
    words = first_words(AGENT, history)
    return None if words is None else str(words.messages[0]["content"])


def test_a_new_caller_is_greeted() -> None:
    assert AGENT.greeting in (asked([]) or "")


def test_a_caller_whose_question_was_answered_speaks_next() -> None:
    history = spoken(("assistant", "Hello."), ("user", "Where is it?"), ("assistant", "Here."))
    assert asked(history) is None
    assert asked(history[:1]) is None


def test_a_question_without_an_answer_is_answered() -> None:
    history = spoken(("assistant", "Hello."), ("user", "Where is it?"))
    assert asked(history) == "Where is it?"
    history = spoken(("assistant", "Hello."), ("user", "Well,"), ("user", "where is it?"))
    assert asked(history) == "Well, where is it?"


def test_an_answer_that_was_cut_off_is_gone_on_with() -> None:
    history = spoken(("user", "Where is it?"), ("assistant", "On its", True))
    words = asked(history) or ""
    assert words.startswith("Where is it?\n\n")
    assert '"On its" Go on from there.' in words
