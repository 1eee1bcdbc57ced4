"""What a server for calls over Daily has to be told."""

import boto3
import pytest

from services.common.settings import SettingsError, read_settings
from services.server.settings import ServerSettings
from tests.daily_stand_in import DAILY_KEY, daily
from tests.server.test_connect_daily import daily_settings

__all__ = ["daily", "daily_settings"]


@pytest.mark.parametrize("name", ["DAILY_API_KEY", "JOBS_QUEUE_URL"])
def test_daily_without_what_it_needs_is_refused_at_start(
    daily_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as caught:
        read_settings(ServerSettings)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name}: is missing; expected ")
    assert "TRANSPORTS has daily" in problem
    assert DAILY_KEY not in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAILY_API_KEY", "short"),
        ("DAILY_API_URL", "api.daily.co"),
        ("DAILY_GEO", "eu-west-1"),
        ("ROOM_POOL", "21"),
        ("ROOM_SECONDS", "60"),
    ],
)
def test_a_wrong_setting_is_named(
    daily_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_settings(ServerSettings)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [name]


def test_the_key_may_come_from_parameter_store(
    daily_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAILY_API_KEY")
    monkeypatch.setenv("PARAMETER_PREFIX", "/voice/daily-test")
    boto3.client("ssm").put_parameter(
        Name="/voice/daily-test/DAILY_API_KEY", Value=DAILY_KEY, Type="SecureString"
    )
    found = read_settings(ServerSettings).daily_api_key
    assert found is not None
    assert found.get_secret_value() == DAILY_KEY
