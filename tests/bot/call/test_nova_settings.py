"""What a call tells Nova Sonic of the bot's settings, of its agent and of its line."""

from typing import cast

import pytest

from services.bot.agent import Agent
from services.bot.call.pipeline import nova_settings
from services.bot.settings import BotSettings, Endpointing
from services.bot.transports import Line

Wish = Endpointing | None


class _Line:
    audio_out_sample_rate = 16_000


LINE = cast("Line", _Line())


def agent(endpointing: Wish = None) -> Agent:
    return Agent(
        key="desk", name="Desk", instructions="Help.", greeting="Hello.", endpointing=endpointing
    )


@pytest.mark.parametrize(
    ("variable", "file", "expected"),
    [
        (None, None, None),
        (None, "LOW", "LOW"),
        ("HIGH", None, "HIGH"),
        ("HIGH", "LOW", "HIGH"),
    ],
)
def test_the_environment_wins_over_the_agents_file(
    monkeypatch: pytest.MonkeyPatch, variable: Wish, file: Wish, expected: Wish
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    if variable:
        monkeypatch.setenv("NOVA_ENDPOINTING", variable)
    assert nova_settings(BotSettings(), agent(file), LINE).endpointing == expected


def test_nova_speaks_at_the_rate_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    settings = nova_settings(BotSettings(), agent(), LINE)
    assert settings.sample_rate == 16_000
    assert settings.bytes_a_second == 32_000
