"""How a tool that no script knows can be asked for, worked out from its name and its schema.

"Tell me the opening hours on monday" calls `opening_hours` with `{"day": "monday"}` where the
schema lists the days, or gives examples of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nova_sonic_emulator.phrases import Phrase, Slot, normalise
from nova_sonic_emulator.script import Answer, Call, Intent, MindScript

_BEFORE = (
    "[what is | what are | what's | tell me | show me | get | give me | look up | check | find] "
    "[the | my | your | a]"
)
_BETWEEN = "[for | in | of | on | at | about | with | number] [the | my | your]"
_ABOUT = (
    "(tell me | what can you tell me | what do you know | what) about [the | your] <topic>",
    "(what is | what are | how about) [the | your] <topic>",
)
_MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A tool as callers ask for it.

    Attributes:
        intent: Calls the tool and reads out what it returns.
        words: Its name.
        slots: What may be said of its arguments.
    """

    intent: Intent
    words: str
    slots: Mapping[str, Slot]

    def phrases(self, script: MindScript) -> list[Phrase]:
        """The sentences that ask for it."""
        return script.phrases(*self.intent.hears, own=self.slots)


def asked_for(name: str, schema: Mapping[str, Any]) -> AskedFor | None:
    """How a tool can be asked for; None where an argument that it needs could be anything.

    Args:
        name: The tool's name.
        schema: JSON Schema of its arguments.
    """
    words = normalise(name.replace("_", " ").replace("-", " ")).strip()
    required = schema.get("required", [])
    slots = {
        f"{words.replace(' ', '_').replace("'", '')}_{argument}": slot
        for argument, field in schema.get("properties", {}).items()
        if (slot := _slot(argument, field))
    }
    fillable = {slot.name: key for key, slot in slots.items()}
    if not words or any(argument not in fillable for argument in required):
        return None
    said = [
        f"{_BETWEEN} <{key}>" if slot.name in required else f"[{_BETWEEN} <{key}>]"
        for key, slot in slots.items()
    ]
    intent = Intent(
        name=name,
        hears=(" ".join([_BEFORE, words, *said]),),
        mentions=() if required else (words,),
        calls=Call(tool=name, arguments={arg: f"{{{key}}}" for arg, key in fillable.items()}),
        answers=(
            Answer(says=("{error}.",)),
            Answer(says=("{result}.",)),
            Answer(says=("{summary}.",)),
            Answer(says=("{all_of_it}.",)),
        ),
    )
    own = {key: Slot(key, slot.values, slot.digits) for key, slot in slots.items()}
    return AskedFor(intent, words, own)


def asked_about(intent: Intent, schema: Mapping[str, Any]) -> AskedFor | None:
    """How the topics can be asked for that the schema of an intent's tool gives as examples."""
    call = intent.calls
    for argument in call.arguments if call else ():
        topics = _slot("topic", schema.get("properties", {}).get(argument, {}))
        if call is not None and topics is not None:
            asks = intent.model_copy(
                update={
                    "hears": _ABOUT,
                    "calls": Call(tool=call.tool, arguments={argument: "{topic}"}),
                }
            )
            return AskedFor(asks, "", {"topic": topics})
    return None


def _slot(argument: str, field: Mapping[str, Any]) -> Slot | None:
    values = field.get("enum") or field.get("examples") or []
    if field.get("type") in ("integer", "number"):
        return Slot(argument)
    named = {
        words: str(value)
        for value in values[:_MOST_VALUES]
        if (words := normalise(str(value)).strip())
    }
    return Slot(argument, named) if named else None
