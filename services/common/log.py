"""What the services log: fixed texts with fields, as JSON in containers or coloured on a desk.

    logger.bind(session_id=session.session_id).info("session started")

Everything goes through loguru, the standard library's loggers too. A line never shows a secret:
known values and anything that looks like a ticket, a JWT or a bearer token are cut out of the
finished line, whatever put them there (a URL in an access log, an exception's message). What
callers say is logged, by Pipecat and by us, at DEBUG only.
"""

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterable
from datetime import UTC
from typing import TYPE_CHECKING, Literal

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message, Record, RecordException

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Format = Literal["json", "text"]

_CUT = "[redacted]"
_TOKENS = (
    re.compile(r"((?:r-)?ses_[A-Za-z0-9_-]{22}\.)[A-Za-z0-9_-]{20,}"),
    re.compile(r"(?i)(\b(?:ticket|resume)=)[^&\s\"']+"),
    re.compile(r"(?i)(\bBearer )[A-Za-z0-9._~+/=-]+"),
    # A JWT, such as a meeting token: its header always begins with {".
    re.compile(r"(\beyJ)[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"),
)
_SHORTEST_SECRET = 8
"""Shorter values are not cut: they would blacken innocent words, and no key is that short."""

_LOUD = (
    "aioice",
    "aiortc",
    "asyncio",
    "boto3",
    "botocore",
    "hpack",
    "httpcore",
    "httpx",
    "s3transfer",
    "urllib3",
    "websockets",
)
"""Libraries that log signed headers, every frame or every candidate; only warnings are kept."""


def configure(
    level: Level, format: Format, *, service: str | None = None, secrets: Iterable[str] = ()
) -> None:
    """Sets up logging for this process, replacing what was set up before.

    Args:
        level: The least level that is logged.
        format: ``json`` for one object a line, ``text`` for people.
        service: Which part this is, a field on every line.
        secrets: Values that no line may show; `CommonSettings.secrets` has them.
    """
    redact = _Redaction(secrets)
    render = _json_line if format == "json" else _text_line

    def write(message: "Message") -> None:
        sys.stderr.write(redact(render(message.record)) + "\n")

    logger.remove()
    logger.configure(extra={"service": service} if service else {})
    logger.add(write, level=level, format="", backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_ToLoguru()], level=level, force=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


class _Redaction:
    """Cuts secrets out of a finished line."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {s for secret in secrets for s in (secret, json.dumps(secret)[1:-1])}
        self._known = sorted(
            (s for s in known if len(s) >= _SHORTEST_SECRET), key=len, reverse=True
        )

    def __call__(self, line: str) -> str:
        for secret in self._known:
            line = line.replace(secret, _CUT)
        for token in _TOKENS:
            line = token.sub(rf"\1{_CUT}", line)
        return line


class _ToLoguru(logging.Handler):
    """Hands the standard library's records to loguru under their own logger's name."""

    def emit(self, record: logging.LogRecord) -> None:
        level: str | int = record.levelname
        try:
            logger.level(record.levelname)
        except ValueError:
            level = record.levelno
        named = logger.patch(lambda line: line.update({"name": record.name}))
        named.opt(exception=record.exc_info).log(level, record.getMessage())


def _json_line(record: "Record") -> str:
    line: dict[str, object] = dict(record["extra"])
    if record["exception"]:
        line["exception"] = _traceback(record["exception"])
    line |= {
        "time": record["time"].astimezone(UTC).isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        "logger": record["name"],
        "message": record["message"],
    }
    order = ("time", "level", "service", "message")
    ordered = {key: line.pop(key) for key in order if key in line}
    return json.dumps(ordered | line, default=str, ensure_ascii=False)


_COLOURS = {"DEBUG": "2", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}


def _text_line(record: "Record") -> str:
    level = record["level"].name
    shown = {key: value for key, value in record["extra"].items() if key != "service"}
    fields = "  ".join(f"{key}={value}" for key, value in shown.items())
    line = " ".join(
        (
            record["time"].strftime("%H:%M:%S.%f")[:-3],
            _colour(f"{level:<7}", _COLOURS.get(level, "0")),
            _one_line(record["message"]),
            _colour(_one_line(fields), "2"),
        )
    ).rstrip()
    raised = record["exception"]
    return f"{line}\n{_traceback(raised)}" if raised else line


def _one_line(text: str) -> str:
    """``text`` without characters that could fake another line or move the cursor."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _colour(text: str, code: str) -> str:
    wanted = "FORCE_COLOR" in os.environ or ("NO_COLOR" not in os.environ and sys.stderr.isatty())
    return f"\x1b[{code}m{text}\x1b[0m" if wanted and text else text


def _traceback(raised: "RecordException") -> str:
    """As Python prints it: without the values of variables, which loguru would add."""
    return "".join(traceback.format_exception(raised.type, raised.value, raised.traceback)).rstrip()
