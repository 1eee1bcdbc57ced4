"""Sentences from templates: what a tool returned, said as people say it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

_FIELD = re.compile(r"\{(\w+)\}")
_ZONE = re.compile(r"[A-Z]\w+(?:/\w+)+$")


def fill(
    template: str, fields: Mapping[str, Any], wording: Callable[[Any], str] | None = None
) -> str | None:
    """Puts values into a template's `{fields}`.

    Args:
        template: Text with `{fields}`.
        fields: Their values.
        wording: How a value is written; `natural` by default.

    Returns:
        The sentence; None when a field has no value.
    """
    values = {name: fields.get(name) for name in _FIELD.findall(template)}
    if any(value in (None, "", []) for value in values.values()):
        return None
    return _FIELD.sub(lambda found: (wording or natural)(values[found[1]]), template)


def natural(value: Any) -> str:  # noqa: ANN401 - whatever a tool returns
    """A value as people say it: lists with commas; ISO dates, times and time zones in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        said = [f"{str(key).replace('_', ' ')} {natural(each)}" for key, each in value.items()]
        return _listed(said)
    if isinstance(value, list | tuple):
        return _listed([natural(each) for each in value])
    text = str(value)
    if _ZONE.match(text):
        return text.rpartition("/")[2].replace("_", " ")
    return _day(text) or _clock(text) or text


def _listed(entries: list[str]) -> str:
    *others, last = entries or ["nothing"]
    return f"{', '.join(others)} and {last}" if others else last


def _day(text: str) -> str | None:
    try:
        day = date.fromisoformat(text) if re.match(r"\d{4}-\d\d-\d\d$", text) else None
    except ValueError:
        return None
    return f"{day:%A}, {day:%B} {day.day}" if day else None


def _clock(text: str) -> str | None:
    try:
        clock = time.fromisoformat(text) if re.match(r"\d\d:\d\d(:\d\d)?$", text) else None
    except ValueError:
        return None
    if clock is None:
        return None
    return f"{(clock.hour - 1) % 12 + 1}:{clock:%M} {'AM' if clock.hour < 12 else 'PM'}"
