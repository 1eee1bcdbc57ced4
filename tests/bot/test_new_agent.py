"""The guide of agents' authors, followed: a new agent answers from its own tool and document."""

import asyncio
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.new_agent import NewAgentError, new_agent
from nova_sonic_emulator import Emulator, Scenario
from services.bot.agent import read_agent
from services.bot.agent.model import Agent
from services.bot.toolbox import discovery, tools
from tests.bot.callers import call
from tests.bot.conftest import BRISK, REPOSITORY, Bot, launch, until
from tests.bot.test_spoken_tools import ask

GUIDE = (REPOSITORY / "services" / "bot" / "agents" / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return BRISK


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as an author has it, as far as a bot and `make agent` need it."""
    folder = tmp_path_factory.mktemp("workshop")
    skipped = shutil.ignore_patterns("client", "node_modules")
    for part in ("services", "local"):
        shutil.copytree(REPOSITORY / part, folder / part, ignore=skipped)
    shutil.copy(REPOSITORY / "Makefile", folder)
    return folder


@pytest_asyncio.fixture(loop_scope="module")
async def bot(aws: dict[str, str], emulator: Emulator, workshop: Path) -> AsyncIterator[Bot]:
    """A bot as `make run` has it, before the new agent is there."""
    bot = await launch(
        {
            **aws,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
            "SSL_CERT_FILE": str(emulator.ca_file),
            "RELOAD_AGENTS": "true",
            "PYTHONPATH": str(workshop),
        },
        folder=workshop,
    )
    yield bot
    await bot.kill()


@pytest.mark.asyncio(loop_scope="module")
async def test_an_agent_made_by_the_guide_answers_from_its_tool_and_its_document(
    bot: Bot, workshop: Path
) -> None:
    before = bot.children()
    command, *files = (line.removeprefix("$ ") for line in blocks("console")[0].splitlines())
    made = await asyncio.create_subprocess_exec(
        *("make", "--assume-old=ready", *command.split()[1:], f"PYTHON={sys.executable}"),
        cwd=workshop,
        env={**os.environ, "PYTHONPATH": str(workshop)},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await made.communicate()
    assert made.returncode == 0
    assert told.decode().splitlines()[: len(files)] == files
    assert all((workshop / file).exists() for file in files)
    await bot.line(
        "agents reloaded for the next call", lambda line: "tea-shop" in str(line["agents"])
    )
    await until(lambda: not before & bot.children())
    await bot.slots(idle=2)

    async with await call(bot, agent="tea-shop") as caller:
        async with caller.listening():
            greeted = await caller.event("transcript", lambda event: event["final"])
        assert "tea shop" in caller.events[greeted]["text"]
        await ask(caller, "tea_shop_opening_hours", "9:00 AM", "6:00 PM")
        await ask(caller, "tell_me_about_parking", "free car park")

    # A broken file is named, and what was there goes on.
    file = workshop / "services" / "bot" / "agents" / "tea-shop.toml"
    file.write_text(file.read_text().replace('voice = "tiffany"', 'voice = "nobody"'))
    line = await bot.line("agents not reloaded, the last good ones stay")
    assert "tea-shop.toml:4: voice: " in line["mistake"]
    async with await call(bot, agent="tea-shop") as caller, caller.listening():
        await caller.event("media")


def test_the_tools_of_the_guide_are_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "TOOLS_FOLDER", tmp_path)
    monkeypatch.setattr(discovery, "_PACKAGE", "tools_of_the_guide")
    monkeypatch.setattr(discovery, "_found", {})
    for number, block in enumerate(blocks("python")):
        (tmp_path / f"tool_{number}.py").write_text(block)
    assert sorted(tools()) == ["order_tea", "teas_in_stock"]
    assert tools()["teas_in_stock"].options.on_barge_in == "cancel"


def test_the_tables_and_keys_of_the_guide_are_an_agents() -> None:
    for block in blocks("toml"):
        if "[[conversation]]" in block:
            continue  # an eval's, which its own tests read
        described = {"key": "a", "name": "A", "instructions": "Be kind.", "greeting": "Hello."}
        Agent.model_validate(described | tomllib.loads(block))
    schema = json.loads((REPOSITORY / "services/bot/agents/agent.schema.json").read_text())
    keys = set(re.findall(r"^\| `\[?(\w+)", GUIDE.partition("## Tools")[0], re.MULTILINE))
    told = set(re.findall(r"`\[?(\w+)[\].`]", GUIDE.partition("## Tools")[0]))
    assert keys <= schema["properties"].keys() | {"key"}
    assert schema["properties"].keys() <= told


def test_every_link_of_the_guide_leads_somewhere() -> None:
    folder = REPOSITORY / "services" / "bot" / "agents"
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", GUIDE) if "://" not in link]
    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("name", ["", "Tea", "tea_shop", "-tea", "1tea", "tea--shop", "t" * 41])
def test_a_name_that_is_none_is_refused(workshop: Path, name: str) -> None:
    with pytest.raises(NewAgentError, match="is no agent's name"):
        new_agent(name, workshop / "services" / "bot")


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    for folder in ("agents", "tools"):
        (tmp_path / folder).mkdir()
    made = new_agent("book-shop", tmp_path)
    with pytest.raises(NewAgentError, match="is there already"):
        new_agent("book-shop", tmp_path)
    assert 'tools = ["book_shop_opening_hours"' in made[-1].read_text()
    with pytest.raises(Exception, match="there is no tool named 'book_shop_opening_hours'"):
        read_agent(made[-1])
