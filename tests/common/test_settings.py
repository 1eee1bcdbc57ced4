"""What the services read at start, and how they refuse to."""

import os
import secrets

import boto3
import pytest
from pydantic import Field, SecretStr, ValidationError

from services.common.settings import (
    ApiKey,
    CommaList,
    CommonSettings,
    Origins,
    load_settings,
    read_settings,
)

CANARY = "canary-secret-0123456789"


class Settings(CommonSettings):
    """A service's settings, with one field of each sort."""

    port: int = Field(default=8001, ge=0, le=65535, description="a port")
    words: CommaList = ()
    cors_origins: Origins = ()
    api_key: ApiKey | None = None
    nova_aws_secret_access_key: SecretStr | None = None


class Strict(CommonSettings):
    """A service that needs a key."""

    api_key: ApiKey = Field(description="the key")


@pytest.fixture
def prefix(aws: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Parameter Store path with secrets in it."""
    path = f"/voice-agents/{secrets.token_hex(4)}"
    client = boto3.client("ssm")
    for name in ("API_KEY", "NOVA_AWS_SECRET_ACCESS_KEY"):
        client.put_parameter(Name=f"{path}/{name}", Value=f"{CANARY}-{name}", Type="SecureString")
    monkeypatch.setenv("PARAMETER_PREFIX", path)
    return path


def refusal(cls: type[CommonSettings], capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as exit_:
        load_settings(cls)
    assert exit_.value.code == 2
    shown = capsys.readouterr().err
    assert "canary" not in shown
    assert "Traceback" not in shown
    return [line.strip() for line in shown.splitlines()[1:]]


def test_defaults_are_enough_where_a_region_is_known(aws: str) -> None:
    settings = read_settings(Settings)
    assert (settings.sessions_table, settings.log_level) == ("voice-sessions", "INFO")
    assert settings.aws_region == "us-east-1"


def test_settings_are_frozen(aws: str) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read_settings(Settings).port = 1


def test_an_empty_variable_counts_as_none(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    assert read_settings(Settings).port == 8001


def test_a_list_is_parted_by_commas(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDS", " one, two,,three ")
    assert read_settings(Settings).words == ("one", "two", "three")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PORT", "eight", "a port"),
        ("PORT", "70000", "65535"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING or ERROR"),
        ("AWS_REGION", "mars", "an AWS Region such as us-east-1"),
        ("PARAMETER_PREFIX", "voice", "a Parameter Store path"),
        ("CORS_ORIGINS", "https://a.example.com,*", "should be an origin"),
        ("CORS_ORIGINS", "https://a.example.com/", "should be an origin"),
        ("API_KEY", "canary", "at least 16 characters"),
        ("API_KEY", "canary-key with spaces and =", "letters, digits"),
    ],
)
def test_a_refusal_names_the_variable_and_what_would_be_right(
    aws: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    says: str,
) -> None:
    monkeypatch.setenv(variable, value)
    (line,) = refusal(Settings, capsys)
    assert line.startswith(f"{variable}: ")
    assert says in line


def test_every_fault_gets_a_line(
    aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")
    lines = refusal(Strict, capsys)
    assert [line.partition(":")[0] for line in lines] == ["LOG_FORMAT", "API_KEY"]
    assert lines[1] == "API_KEY: is missing; expected the key"


def test_a_variable_with_several_faults_gets_one_line(
    aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "*,null,talk.example.com")
    assert len(refusal(Settings, capsys)) == 1


def test_no_region_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    (line,) = refusal(Settings, capsys)
    assert line.startswith("AWS_REGION: ")


def test_secrets_come_from_parameter_store_and_stay_out_of_the_environment(prefix: str) -> None:
    settings = read_settings(Settings)
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == f"{CANARY}-API_KEY"
    assert settings.secrets == (f"{CANARY}-API_KEY", f"{CANARY}-NOVA_AWS_SECRET_ACCESS_KEY")
    assert CANARY not in str(dict(os.environ))
    assert CANARY not in repr(settings)


def test_the_environment_wins_over_parameter_store(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "from-the-environment")
    settings = read_settings(Settings)
    assert settings.secrets == ("from-the-environment", f"{CANARY}-NOVA_AWS_SECRET_ACCESS_KEY")


def test_a_required_secret_may_come_from_parameter_store(prefix: str) -> None:
    assert read_settings(Strict).api_key.get_secret_value().startswith(CANARY)


def test_a_secret_that_is_nowhere_is_missing(
    aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARAMETER_PREFIX", "/nothing/here")
    (line,) = refusal(Strict, capsys)
    assert line.startswith("API_KEY: is missing")


def test_an_unreachable_parameter_store_is_a_refusal(
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    unused_tcp_port: int,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_tcp_port}")
    (line,) = refusal(Settings, capsys)
    assert line.startswith(f"PARAMETER_PREFIX: the parameters under {prefix} could not be read")
    assert "EndpointConnectionError" in line
