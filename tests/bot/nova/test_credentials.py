"""Who signs a stream."""

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from nova_sonic_emulator import Fault
from services.bot.nova import CredentialsRefused, NovaSettings
from services.bot.nova.credentials import fresh_identity
from tests.bot.nova.conftest import KEY_ID, SECRET, Dial, StartEmulator
from tests.bot.nova.conversations import ANSWER, QUESTION

SOURCES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in SOURCES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


async def test_static_keys_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    settings = NovaSettings(access_key_id=SecretStr("ours"), secret_access_key=SecretStr("s"))
    identity = await fresh_identity(settings)
    assert (identity.access_key_id, identity.secret_access_key) == ("ours", "s")


async def test_a_profile_that_changes_on_disk_is_read_again(tmp_path: Path) -> None:
    for key in ("first", "second"):
        text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = s\n"
        (tmp_path / "credentials").write_text(text)
        identity = await fresh_identity(NovaSettings())
        assert identity.access_key_id == key


async def test_a_container_role_is_asked_again_for_every_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        body = json.dumps(
            {
                "AccessKeyId": f"role-{len(asked)}",
                "SecretAccessKey": "s",
                "Token": "t",
                "Expiration": "2099-01-01T00:00:00Z",
            }
        ).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{port}/credentials"
        )
        first = await fresh_identity(NovaSettings())
        second = await fresh_identity(NovaSettings())
    assert (first.access_key_id, first.session_token) == ("role-1", "t")
    assert second.access_key_id == "role-2"


async def test_no_credentials_at_all_is_said_at_once() -> None:
    with pytest.raises(CredentialsRefused, match="NOVA_AWS_ACCESS_KEY_ID"):
        await fresh_identity(NovaSettings())


@pytest.mark.parametrize(
    "settings",
    [
        {"access_key_id": "alone"},
        {"secret_access_key": "alone"},
        {"endpoint_url": "http://localhost:1"},
        {"rotate_from": 0.9, "rotate_by": 0.8},
        {"backof_first_seconds": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        NovaSettings.model_validate(settings)
    assert "alone" not in str(refused.value)


async def test_credentials_that_expired_are_replaced_by_fresh_ones(
    start_emulator: StartEmulator, dial: Dial, tmp_path: Path
) -> None:
    emulator = await start_emulator(
        fault=[
            {"kind": "http_error", "status": 403, "code": "ExpiredTokenException", "streams": [1]}
        ]
    )
    profile = tmp_path / "credentials"
    write_profile(profile, KEY_ID, SECRET)
    caller = await dial(emulator, access_key_id=None, secret_access_key=None)
    await caller.until_state("reconnecting", "ready")
    # From here on only a key that was not there when the call began is let in.
    emulator.credentials = {"AKIDFRESH": "another-secret"}
    write_profile(profile, "AKIDFRESH", "another-secret")
    emulator.strike(Fault(kind="reset"))
    await caller.write(QUESTION)
    await caller.until_said(ANSWER)


def write_profile(file: Path, key: str, secret: str) -> None:
    file.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key={secret}\n")
