"""Agents' files."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from services.bot.agent import AGENTS_FOLDER, AgentError, read_agent, read_agents
from services.bot.agent.schema import SCHEMA_FILE, agent_schema, schema_text

MINIMAL = 'name = "A"\ninstructions = "Be kind."\ngreeting = "Hello."\n'


def test_the_agents_that_are_there_can_be_read() -> None:
    agents = read_agents(("order-desk", "it-help-desk"))
    for key, wanted in (("order-desk", "cancel_order"), ("it-help-desk", "open_ticket")):
        assert wanted in [tool.name for tool in agents[key].tool_functions()]


@pytest.mark.parametrize("path", sorted(AGENTS_FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_the_schema_for_editors_takes_the_agents_that_are_there(path: Path) -> None:
    assert path.read_text().startswith("#:schema ./agent.schema.json\n")
    jsonschema.validate(tomllib.loads(path.read_text()), json.loads(SCHEMA_FILE.read_text()))


def test_the_schema_for_editors_is_the_models() -> None:
    """Otherwise: python -m services.bot.agent.schema."""
    assert SCHEMA_FILE.read_text() == schema_text()
    schema = agent_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    undescribed = [name for name, key in schema["properties"].items() if "description" not in key]
    assert not undescribed
    assert "key" not in schema["properties"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"name": "A", "colour": 1}, schema)


def test_an_agent_needs_little(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(MINIMAL)
    agent = read_agent(path)
    assert agent.key == "small"
    assert agent.vad.stop_secs == 0.5
    assert agent.voice == "tiffany"


ALL = """\
# An agent with everything wrong that can be said without a line of its own.
name = "A"

instructions = '''
voice = "matthew"  # in a text, and so no key
[vad]
'''
greeting = "Hello."
tools = [
    "track_order",
]
"""


@pytest.mark.parametrize(
    ("content", "line", "key", "message"),
    [
        ('name = "A"\ngreeting = "Hello."', None, "instructions", "is missing"),
        ("", None, "name", "is missing"),
        (ALL + 'tolos = ["dance"]', 12, "tolos", "is no key; did you mean tools?"),
        (ALL + "colour = 1", 12, "colour", "is no key; there are"),
        (MINIMAL + 'tools = ["dance"]', 4, "tools", "there is no tool named 'dance'; there are"),
        (MINIMAL + 'tools = "track_order"', 4, "tools", "tuple"),
        (MINIMAL + "tools = [1]", 4, "tools.0", "string"),
        (MINIMAL + "[vad]\nstop_secs = -1", 5, "vad.stop_secs", "greater than or equal to 0.1"),
        (MINIMAL + "[vad]\nspeech_pad_ms = 9999", 5, "vad.speech_pad_ms", "2000"),
        (MINIMAL + "vad.stop_secs = 99", 4, "vad.stop_secs", "less than or equal to 5"),
        (MINIMAL + "vad = { stop_secs = 99 }", 4, "vad.stop_secs", "less than or equal to 5"),
        (MINIMAL + "[vad]\nstop_sec = 1", 5, "vad.stop_sec", "did you mean stop_secs?"),
        (MINIMAL + "vad = 3", 4, "vad", "dictionary"),
        (MINIMAL + 'voice = "Matthew"', 4, "voice", "'matthew'"),
        (
            MINIMAL + 'voice = "amy"\nlanguages = ["de-DE"]',
            4,
            "voice",
            "use one of lennart, matthew",
        ),
        (MINIMAL + 'languages = ["tlh"]', 4, "languages.0", "'en-US'"),
        (MINIMAL + "languages = []", 4, "languages", "at least 1 item"),
        (MINIMAL + "longest_call_seconds = 0", 4, "longest_call_seconds", "greater than 0"),
        (MINIMAL + 'silence_limit_seconds = "long"', 4, "silence_limit_seconds", "number"),
        (MINIMAL + 'endpointing = "SOON"', 4, "endpointing", "'HIGH', 'MEDIUM' or 'LOW'"),
        (MINIMAL + 'key = "other"', 4, "key", "is the file's name"),
        (MINIMAL.replace("Be kind.", ""), 2, "instructions", "at least 1 character"),
        (MINIMAL + 'knowledge = "../secrets"', 4, "knowledge", "a folder beside this file"),
        (MINIMAL + 'knowledge = "nowhere"', 4, "knowledge", "there is no folder"),
        ("this is no toml", None, "is not TOML", "line 1"),
        (MINIMAL + 'name = "B"', None, "is not TOML", "overwrite"),
    ],
)
def test_a_mistake_is_told_with_its_file_line_and_key(
    tmp_path: Path, content: str, line: int | None, key: str, message: str
) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(content)
    with pytest.raises(AgentError) as mistake:
        read_agent(path)
    told = str(mistake.value)
    assert f"{path}:{line}: {key}: " in told if line else f"{path}: {key}: " in told
    assert message in told


def test_all_mistakes_of_all_agents_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(MINIMAL + 'voice = "nobody"\ncolour = 1')
    (tmp_path / "b.toml").write_text(MINIMAL + "longest_call_seconds = -1")
    with pytest.raises(AgentError) as mistakes:
        read_agents((), tmp_path)
    assert [line.rpartition("/")[2][:8] for line in str(mistakes.value).splitlines()] == [
        "a.toml:4",
        "a.toml:5",
        "b.toml:4",
    ]


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AgentError, match="is not TOML"):
        read_agent(path)
    with pytest.raises(AgentError, match="cannot be read"):
        read_agent(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("voice", ["tiffany", "matthew"])
def test_some_voices_speak_every_language(tmp_path: Path, voice: str) -> None:
    path = tmp_path / "small.toml"
    path.write_text(MINIMAL + f'voice = "{voice}"\nlanguages = ["hi-IN", "de-DE", "pt-BR"]')
    assert read_agent(path).languages[0] == "hi-IN"


def test_a_missing_agent_is_told_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(MINIMAL)
    with pytest.raises(AgentError, match=r"nobody\.toml; there are small"):
        read_agents(("nobody",), tmp_path)


def test_a_file_with_a_bad_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Not A Key.toml"
    path.write_text(MINIMAL)
    with pytest.raises(AgentError, match="key"):
        read_agent(path)
