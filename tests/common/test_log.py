"""What the log shows, and what it never shows."""

import json
import logging
from collections.abc import Iterator

import pytest
from loguru import logger

from services.common import log, tickets

SECRET = 'canary-"quoted"-0123456789'


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leaves logging as pytest had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logger.remove()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_json_line_has_a_fixed_text_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO", "json", service="server")
    logger.bind(session_id="ses_1").info("session {} started")
    (line,) = lines(capsys)
    assert line.pop("time")
    assert line == {
        "level": "INFO",
        "service": "server",
        "message": "session {} started",
        "session_id": "ses_1",
        "logger": "tests.common.test_log",
    }


def test_lines_of_the_standard_library_come_the_same_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("INFO", "json")
    logging.getLogger("uvicorn.error").warning("%s {of} <b>three", 1)
    logging.getLogger("uvicorn.error").debug("not this one")
    (line,) = lines(capsys)
    assert (line["logger"], line["level"]) == ("uvicorn.error", "WARNING")
    assert line["message"] == "1 {of} <b>three"


def test_debug_lines_of_the_sdk_stay_out_even_at_debug(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("DEBUG", "json")
    logging.getLogger("botocore.auth").debug("Authorization: AWS4-HMAC-SHA256 …")
    logger.debug("ours")
    assert [line["message"] for line in lines(capsys)] == ["ours"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_line_shows_a_secret(form: log.Format, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO", form, secrets=[SECRET])
    ticket = tickets.mint("ses_" + "A" * 22, "ticket")
    resume = tickets.mint("ses_" + "A" * 22, "resume")
    logging.getLogger("uvicorn.error").info('"WebSocket /ws?ticket=%s" [accepted]', ticket)
    logger.bind(resume=resume, header=f"Bearer {SECRET}x").info(f"key {SECRET}")
    logger.info("/webrtc?ticket=something-odd&x=1")
    logger.info("joined with eyJhbGciOiJIUzI1NiJ9.eyJyIjoiY2FuYXJ5In0.c2lnbmF0dXJl-_")
    try:
        key = SECRET
        raise ValueError(f"bad {ticket}", len(key))
    except ValueError:
        logger.exception("it failed")
    shown = capsys.readouterr().err
    assert "it failed" in shown
    assert "ValueError" in shown
    odd = "something-odd", "eyJyIjoiY2FuYXJ5In0", "c2lnbmF0dXJl"
    for hidden in (ticket.partition(".")[2], resume.partition(".")[2], "canary", *odd):
        assert hidden not in shown


def test_a_short_value_does_not_blacken_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO", "json", secrets=["", "a"])
    logger.info("a banana")
    assert lines(capsys)[0]["message"] == "a banana"


def test_a_text_line_cannot_be_forged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    log.configure("INFO", "text")
    logger.bind(path="/x\n12:00:00.000 ERROR \x1b[31mforged").info("request handled")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_colour_is_for_terminals_and_those_who_ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    log.configure("INFO", "text")
    logger.info("plain")
    monkeypatch.setenv("FORCE_COLOR", "1")
    logger.info("coloured")
    plain, coloured = capsys.readouterr().err.splitlines()
    assert "\x1b" not in plain
    assert "\x1b" in coloured
