"""The scenario file, and the command that reads it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from nova_sonic_emulator import Emulator, Fault, Scenario, ScenarioError
from nova_sonic_emulator.certificates import server_context
from nova_sonic_emulator.cli import SECRET_VARIABLE, main

PACKAGE = Path(__file__).parents[2] / "local" / "emulator"


def test_an_empty_file_is_the_service_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "empty.toml"
    file.touch()
    assert Scenario.load(file) == Scenario()


def test_a_file_sets_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(
        """
        region = "eu-north-1"
        [limits]
        connection_seconds = 30
        [pace]
        thinking_ms = 700
        [[fault]]
        kind = "drop"
        streams = [2]
        after_seconds = 3
        """
    )
    scenario = Scenario.load(file)
    assert scenario.region == "eu-north-1"
    assert scenario.limits.connection_seconds == 30
    assert scenario.limits.idle_seconds == 55
    assert scenario.pace.thinking_ms == 700
    assert scenario.faults == (Fault(kind="drop", streams=(2,), after_seconds=3),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[limit]", "limit: Extra inputs"),
        ("[limits]\nidle = 3", "limits.idle: Extra inputs"),
        ("[[fault]]\nkind = 'rain'", "fault.0.kind"),
        ("[pace]\nlead_ms = -1", "pace.lead_ms"),
        ("limits = ", "is not TOML"),
    ],
)
def test_a_file_with_a_mistake_says_where(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(text)
    with pytest.raises(ScenarioError, match=problem):
        Scenario.load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.toml"):
        Scenario.load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("file", sorted(PACKAGE.glob("scenarios/*.toml")), ids=lambda f: f.stem)
def test_the_scenarios_that_come_with_it_are_sound(file: Path) -> None:
    Scenario.load(file)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_listens_and_stops_when_told(
    tmp_path: Path, stop: signal.Signals
) -> None:
    command = [sys.executable, "-m", "nova_sonic_emulator", "--ca-dir", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--access-key-id", "AKID"],
        env={**os.environ, SECRET_VARIABLE: "secret", "PYTHONPATH": str(PACKAGE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        listening = json.loads(process.stdout.readline())
        process.send_signal(stop)
        assert process.wait(40) == 0
    assert listening["url"].startswith("https://localhost:")
    assert Path(listening["ca"]).read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_the_certificate_authority_outlives_a_restart(tmp_path: Path) -> None:
    server_context(tmp_path)
    before = (tmp_path / "ca.pem").read_bytes()
    server_context(tmp_path)
    assert (tmp_path / "ca.pem").read_bytes() == before
    assert (tmp_path / "ca-key.pem").stat().st_mode & 0o077 == 0


async def test_its_certificate_is_for_the_host_that_it_listens_on(tmp_path: Path) -> None:
    async with Emulator(credentials={}, ca_dir=tmp_path, host="127.0.0.2") as emulator:
        url = urlsplit(emulator.url)
        assert url.hostname == "127.0.0.2"
        trusting = ssl.create_default_context(cafile=str(emulator.ca_file))
        for host in ("127.0.0.2", "localhost"):
            _, writer = await asyncio.open_connection(
                "127.0.0.2", url.port, ssl=trusting, server_hostname=host
            )
            writer.close()


def test_a_damaged_certificate_authority_is_made_anew(tmp_path: Path) -> None:
    server_context(tmp_path)
    for file in (tmp_path / "ca.pem", tmp_path / "ca-key.pem"):
        file.write_text("cut off")
        server_context(tmp_path)
        assert file.read_text() != "cut off"


@pytest.mark.parametrize(
    ("arguments", "secret", "problem"),
    [
        (["--access-key-id", "AKID"], "", SECRET_VARIABLE),
        (["--access-key-id", "AKID", "--scenario", "nowhere.toml"], "x", "nowhere.toml"),
        (["--credentials-file", "nowhere.toml"], "", "nowhere.toml"),
    ],
)
def test_a_wrong_start_is_one_sentence_and_a_status(
    arguments: list[str],
    secret: str,
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, secret)
    assert main(arguments) == 2
    assert problem in capsys.readouterr().err


def test_a_credentials_file_needs_secrets_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("AKID = 1")
    assert main(["--credentials-file", str(file)]) == 2
    assert "AKIDEXAMPLE" in capsys.readouterr().err
