"""Agents' files."""

from pathlib import Path

import pytest

from services.bot.agent import AgentError, read_agent, read_agents

MINIMAL = 'name = "A"\ninstructions = "Be kind."\ngreeting = "Hello."\n'


def test_the_agents_that_are_there_can_be_read() -> None:
    agents = read_agents(("order-desk", "it-help-desk"))
    assert [tool.name for tool in agents["order-desk"].tool_functions()] == [
        "current_date_time",
        "track_order",
    ]


def test_an_agent_needs_little(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(MINIMAL)
    agent = read_agent(path)
    assert agent.key == "small"
    assert agent.vad.stop_secs == 0.5
    assert agent.voice == "tiffany"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('name = "A"\ngreeting = "Hello."', "instructions"),
        (MINIMAL + 'tools = ["dance"]', "tools"),
        (MINIMAL + "[vad]\nstop_secs = -1", "vad.stop_secs"),
        (MINIMAL + "[vad]\nspeech_pad_ms = 9999", "vad.speech_pad_ms"),
        (MINIMAL + "colour = 1", "colour"),
        (MINIMAL + 'voice = "Matthew!"', "voice"),
        (MINIMAL + "longest_call_seconds = 0", "longest_call_seconds"),
        ("this is no toml", "is not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_key(tmp_path: Path, content: str, key: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(content)
    with pytest.raises(AgentError) as mistake:
        read_agent(path)
    assert str(path) in str(mistake.value)
    assert key in str(mistake.value)


def test_a_missing_agent_is_told_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(MINIMAL)
    with pytest.raises(AgentError, match=r"nobody\.toml; there are small"):
        read_agents(("nobody",), tmp_path)


def test_a_file_with_a_bad_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Not A Key.toml"
    path.write_text(MINIMAL)
    with pytest.raises(AgentError, match="key"):
        read_agent(path)
