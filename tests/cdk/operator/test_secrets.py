"""`make secrets`: what it asks, stores and says, with a real Parameter Store stand-in."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from pydantic import SecretStr
from types_boto3_ssm import SSMClient

from cdk.config import load_environment
from cdk.config.parts import Secrets
from cdk.operator import secrets as command
from cdk.operator.account import Account
from cdk.operator.known_secrets import KNOWN_SECRETS
from cdk.operator.parameters import Parameters
from cdk.services import bot, server
from services.common.settings import SHORTEST_API_KEY, _key_form

ROOT = Path(__file__).parents[3]
API_KEY = "k3y-that-nobody-may-see"
DAILY_KEY = "0123456789abcdef" * 4
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

Answers = Callable[..., Callable[[str], str]]


@pytest.fixture
def ssm(aws: str) -> SSMClient:
    return boto3.client("ssm", region_name="us-east-1", endpoint_url=aws)


@pytest.fixture
def typed() -> Answers:
    def answers(*values: str) -> Callable[[str], str]:
        left: Iterator[str] = iter(values)
        return lambda prompt: next(left)

    return answers


def test_it_knows_the_secrets_that_the_services_may_read_and_no_other() -> None:
    assert {secret.name for secret in KNOWN_SECRETS} == {*server.SECRETS, *bot.SECRETS}


@pytest.mark.parametrize("value", ["short", "x" * 15, "x" * 16, "x x" * 9, "x" * 15 + "ü"])
def test_it_takes_the_keys_that_the_services_take(value: str) -> None:
    def refused() -> bool:
        try:
            _key_form(SecretStr(value))
        except ValueError:
            return True
        return False

    assert SHORTEST_API_KEY == 16
    assert (KNOWN_SECRETS[0].problem(value) is not None) is refused()


def test_what_is_typed_is_stored_encrypted_tagged_and_shown_nowhere(
    ssm: SSMClient, typed: Answers, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--env", "example"], ask=typed(API_KEY, KEY_ID, SECRET_KEY)) == 0
    names = [f"/voice-agents/example/{secret.name}" for secret in KNOWN_SECRETS]
    stored = ssm.get_parameters(Names=names, WithDecryption=True)["Parameters"]
    stored.sort(key=lambda parameter: names.index(parameter["Name"]))
    assert [(parameter["Type"], parameter["Value"]) for parameter in stored] == [
        ("SecureString", API_KEY),
        ("SecureString", KEY_ID),
        ("SecureString", SECRET_KEY),
    ]
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=names[0])["TagList"]
    assert {"Key": "voice-agents:environment", "Value": "example"} in tags
    said = "".join(capfd.readouterr())
    assert not [value for value in (API_KEY, KEY_ID, SECRET_KEY) if value in said]
    assert "✓ Everything that example needs is stored" in said


def test_enter_leaves_optional_secrets_out_and_keeps_what_is_stored(
    ssm: SSMClient, typed: Answers
) -> None:
    assert command.main(["--env", "example"], ask=typed(API_KEY, "", "")) == 0
    assert command.main(["--env", "example"], ask=typed("", "", "")) == 0
    answer = ssm.get_parameter(Name="/voice-agents/example/API_KEY", WithDecryption=True)
    assert (answer["Parameter"]["Value"], answer["Parameter"]["Version"]) == (API_KEY, 1)


def test_dailys_key_is_asked_for_and_missed_where_callers_come_through_daily(
    ssm: SSMClient,
    typed: Answers,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    example = load_environment("example")
    server = example.server.model_copy(update={"transports": ("daily",)})
    config = example.model_copy(update={"server": server})
    monkeypatch.setattr(command, "load_environment", lambda name: config)
    assert command.main(["--env", "example"], ask=typed(API_KEY, *[""] * 5)) == 1
    assert "✗ /voice-agents/example/DAILY_API_KEY is missing" in capfd.readouterr().out
    assert command.main(["--env", "example"], ask=typed("", DAILY_KEY, "", "")) == 0
    answer = ssm.get_parameter(Name="/voice-agents/example/DAILY_API_KEY", WithDecryption=True)
    assert answer["Parameter"]["Value"] == DAILY_KEY


def test_a_new_value_replaces_the_old_one(ssm: SSMClient, typed: Answers) -> None:
    command.main(["--env", "example"], ask=typed(API_KEY, "", ""))
    assert command.main(["--env", "example"], ask=typed("another-key-for-all", "", "")) == 0
    answer = ssm.get_parameter(Name="/voice-agents/example/API_KEY", WithDecryption=True)
    assert answer["Parameter"]["Value"] == "another-key-for-all"


def test_a_malformed_value_is_asked_for_again_and_not_repeated(
    ssm: SSMClient, typed: Answers, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--env", "example"], ask=typed("bad one", API_KEY, "", "")) == 0
    said = capfd.readouterr().out
    assert "API_KEY does not look right: expected at least 16" in said
    assert "bad one" not in said


def test_half_a_pair_of_keys_is_named(
    ssm: SSMClient, typed: Answers, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--env", "example"], ask=typed(API_KEY, KEY_ID, "")) == 1
    assert (
        "✗ /voice-agents/example/NOVA_AWS_SECRET_ACCESS_KEY is missing, and "
        "NOVA_AWS_ACCESS_KEY_ID is of no use without it: make secrets ENV=example"
    ) in capfd.readouterr().out


def test_check_names_what_is_missing_and_asks_nothing(
    ssm: SSMClient, typed: Answers, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--env", "example", "--check"], ask=typed()) == 1
    assert "✗ /voice-agents/example/API_KEY is missing" in capfd.readouterr().out


def test_check_finds_a_secret_that_is_not_encrypted(
    ssm: SSMClient, typed: Answers, capfd: pytest.CaptureFixture[str]
) -> None:
    ssm.put_parameter(Name="/voice-agents/example/API_KEY", Value=API_KEY, Type="String")
    assert command.main(["--env", "example", "--check"], ask=typed()) == 1
    assert "is a String, which is not encrypted" in capfd.readouterr().out


def test_a_key_of_the_teams_own_is_used_and_another_is_found(aws: str, ssm: SSMClient) -> None:
    key = boto3.client("kms", region_name="us-east-1", endpoint_url=aws).create_key()
    arn = key["KeyMetadata"]["Arn"]
    plain = load_environment("example")
    with_key = plain.model_copy(update={"secrets": Secrets(key_arn=arn)})
    before = Parameters(plain, Account(plain))
    before.store(KNOWN_SECRETS[0], API_KEY, replaces=False)
    after = Parameters(with_key, Account(with_key))
    assert after.problems(after.stored()) == [
        f"/voice-agents/example/API_KEY is encrypted with alias/aws/ssm, not with {arn}; "
        "store it again"
    ]
    after.store(KNOWN_SECRETS[0], API_KEY, replaces=True)
    assert after.stored()["API_KEY"].key == arn
    assert after.problems(after.stored()) == []


def test_nothing_is_stored_in_another_account(
    ssm: SSMClient,
    typed: Answers,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    other = load_environment("example").model_copy(update={"account": "999999999999"})
    monkeypatch.setattr(command, "load_environment", lambda name: other)
    assert command.main(["--env", "example"], ask=typed()) == 2
    assert "these credentials are of account 123456789012" in capfd.readouterr().err
    assert ssm.describe_parameters()["Parameters"] == []


def test_without_credentials_it_says_how_to_get_some(
    no_credentials: None, typed: Answers, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--env", "example", "--check"], ask=typed()) == 2
    assert capfd.readouterr().err.startswith("Stopped: there are no AWS credentials; log in")


def test_at_a_terminal_nothing_typed_is_echoed(aws: str, ssm: SSMClient) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cdk.operator.secrets", "--env", "example"],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "AWS_ENDPOINT_URL": aws},
    )
    os.close(theirs)
    shown = b""
    for answer in (API_KEY, "", ""):
        shown += read_until(ours, b"> ")
        os.write(ours, f"{answer}\n".encode())
    shown += read_until(ours, b"stored: API_KEY")
    assert process.wait(timeout=20) == 0
    os.close(ours)
    assert API_KEY.encode() not in shown
    answer = ssm.get_parameter(Name="/voice-agents/example/API_KEY", WithDecryption=True)
    assert answer["Parameter"]["Value"] == API_KEY


def read_until(terminal: int, words: bytes) -> bytes:
    """What the process writes up to ``words``; pytest's timeout bounds it."""
    shown = b""
    while words not in shown:
        shown += os.read(terminal, 1024)
    return shown


def test_it_imports_neither_the_services_nor_the_cdk() -> None:
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, cdk.operator.secrets; "
            "print([m for m in sys.modules if m.split('.')[0] in ('services', 'aws_cdk')])",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert found.stdout.strip() == "[]"
