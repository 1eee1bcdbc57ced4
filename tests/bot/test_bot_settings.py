"""The bot's settings."""

import pytest

from services.bot.settings import BotSettings
from services.common.errors import SettingsError
from services.common.settings import read_settings


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings(BotSettings)
    assert (settings.port, settings.admin_port) == (8002, 8003)
    assert settings.agents == ("order-desk",)
    assert settings.nova_voice_id is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("ADMIN_PORT", "70000"),
        ("MAX_SESSIONS", "0"),
        ("SPARE_SESSIONS", "11"),
        ("DRAIN_SECONDS", "-1"),
        ("API_KEY", "short"),
        ("NOVA_AWS_REGION", "nowhere"),
        ("NOVA_VOICE_ID", "Tiffany; drop table"),
        ("NOVA_AWS_ACCESS_KEY_ID", "AKID"),
        ("CONNECTION_LIMIT_SECONDS", "481"),
        ("VAD_STOP_SECS", "0"),
        ("VAD_MIN_VOLUME", "1.1"),
        ("SPEECH_PAD_MS", "-1"),
        ("AGENTS", ","),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        read_settings(BotSettings)


def test_calls_over_daily_ask_for_a_key_and_for_two_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/jobs")
    with pytest.raises(SettingsError, match="DAILY_API_KEY"):
        read_settings(BotSettings)
    monkeypatch.setenv("DAILY_API_KEY", "a-key-of-daily-s")
    monkeypatch.setenv("SPARE_SESSIONS", "1")
    monkeypatch.setenv("MAX_SESSIONS", "1")
    with pytest.raises(SettingsError, match="MAX_SESSIONS"):
        read_settings(BotSettings)
    monkeypatch.setenv("MAX_SESSIONS", "2")
    read_settings(BotSettings)
