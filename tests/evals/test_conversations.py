"""The files with conversations are there, and say what is wrong with them."""

from pathlib import Path

import pytest

from services.bot.agent import read_agents
from tests.evals.conversations import EvalFileError, agents_with_evals, read_conversations


def test_every_agent_has_evals() -> None:
    assert agents_with_evals() == sorted(read_agents())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = ", "is not TOML"),
        ("[[conversation]]\nturn = []", "name: Field required"),
        (
            "[[conversation]]\nname = 'a'\n[[conversation.turn]]\nsays = 'a'\ntels = []",
            "turn.0.tels",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "agent.toml").write_text(content)
    with pytest.raises(EvalFileError, match=message):
        read_conversations("agent", tmp_path)
    with pytest.raises(EvalFileError, match="No such file"):
        read_conversations("nobody", tmp_path)
