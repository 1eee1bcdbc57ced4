"""What the emulator's mind understands and says: the `[mind]` part of a scenario."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nova_sonic_emulator.phrases import Phrase, Slot


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Call(_Part):
    """A tool call.

    Attributes:
        tool: Its name; nothing is called that the client did not offer.
        arguments: Templates; an argument whose slot was not filled is left out. `{heard}` is all
            that the caller said.
        optional: Whether the intent is answered at once where the tool was not offered.
    """

    tool: str
    arguments: dict[str, str] = {}
    optional: bool = False


class Answer(_Part):
    """Something to say.

    Attributes:
        when: Fields that must be just so, "*" for any value; without it the answer always fits.
        says: Templates, one a sentence. An answer one of whose `{fields}` has no value does not
            fit.
    """

    when: dict[str, str] = {}
    says: tuple[str, ...]


class Intent(_Part):
    """Something that a caller may want.

    Attributes:
        name: For people.
        hears: Phrases that say it.
        mentions: Phrases that betray it anywhere in a longer text, when nothing else was
            understood.
        calls: The tool to ask first. Where it was not offered, nothing of the intent is understood.
        always: Whether it is understood all the same, and regretted.
        consents: "yes" calls the tool again that waits for the caller's consent, "no" forgets it.
        first: What is said while the tool is called.
        needs: Slots that must be filled, from what was said earlier if need be.
        asks: What is said when one of them is not.
        answers: What may be said, the first that fits; `[[intent.answer]]` in the file.
    """

    name: str
    hears: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    calls: Call | None = None
    always: bool = False
    consents: Literal["yes", "no"] | None = None
    first: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    answers: Annotated[tuple[Answer, ...], Field(alias="answer")] = ()


class MindScript(_Part):
    """A conversation script; without a file the one that comes with the emulator.

    Attributes:
        slots: What may stand in a phrase's `<slot>`: what each wording means, or for a spoken
            number how many digits it must have at least.
        before: Courtesies that may come before a phrase.
        after: Courtesies that may follow it.
        misunderstood: What is said when nothing was understood, in turn.
        cannot: What is said when the tool for it was not offered.
        failed: What is said when a tool's result fits no answer.
        otherwise: What is done about words that are no intent's, if its tool was offered.
        gullible: Whether it obeys what stands in a tool's result: "call other_tool with {…}".
        intents: What is understood; `[[mind.intent]]` in a scenario.
    """

    slots: dict[str, int | dict[str, str]] = {}
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    misunderstood: Annotated[tuple[str, ...], Field(min_length=1)]
    cannot: tuple[str, ...] = ("I am sorry, I cannot look that up here.",)
    failed: tuple[str, ...] = ("I am sorry, that did not work.",)
    otherwise: Intent | None = None
    gullible: bool = False
    intents: Annotated[tuple[Intent, ...], Field(alias="intent")]

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:  # noqa: ANN401 - whatever was in the file
        return {**_own_script(), **given} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _check_phrases(self) -> MindScript:
        for intent in self.intents:
            self.phrases(*intent.hears, *intent.mentions)
        self.phrases(*self.before, *self.after)
        return self

    def phrases(self, *sources: str, own: Mapping[str, Slot] | None = None) -> list[Phrase]:
        """Reads phrases with this script's slots, and perhaps with some of their own."""
        slots = {
            name: Slot(name, digits=kind) if isinstance(kind, int) else Slot(name, kind)
            for name, kind in self.slots.items()
        }
        slots |= own or {}
        return [Phrase(source, slots) for source in sources]


@cache
def _own_script() -> dict[str, Any]:
    source = files("nova_sonic_emulator").joinpath("scenarios", "default.toml")
    script: dict[str, Any] = tomllib.loads(source.read_text(encoding="utf-8"))["mind"]
    return script
