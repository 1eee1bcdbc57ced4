"""The mind: decides what to say and which tool to call, by the script."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nova_sonic_emulator.phrases import Phrase, grammar_of, normalise
from nova_sonic_emulator.script import Answer, Call, Intent, MindScript
from nova_sonic_emulator.wording import fill

__all__ = ["Decision", "Mind", "MindScript", "ToolCall", "ToolSpec"]

_AGENT_NAME = re.compile(r"\b(?:[Yy]ou are|[Yy]our name is)(?: called)? ([A-Z]\w+)")
_QUOTED = re.compile(r"[\"“]([^\"”]+)[\"”]")
_AFTER_COLON = re.compile(r":\s+(\S.*)", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_LEAST_COVERAGE = 0.5


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the client offers.

    Attributes:
        name: What it is called by.
        description: What it is for.
        schema: JSON schema of its arguments.
    """

    name: str
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the client is to make."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens next.

    Attributes:
        say: Sentences.
        call: A tool to call; what is said comes before its result does.
    """

    say: list[str] = field(default_factory=list)
    call: ToolCall | None = None


@dataclass(frozen=True, slots=True)
class _Understood:
    intent: Intent
    slots: dict[str, str]


class Mind:
    """The wits of one conversation.

    Args:
        script: What it understands and says.
        system: The system prompt; it is searched for a name and otherwise not understood.
        tools: What the client offers.

    Attributes:
        grammar: JSGF of all sentences that it understands; None where it knows mentions alone.
    """

    def __init__(self, script: MindScript, *, system: str, tools: Iterable[ToolSpec]) -> None:
        self._script = script
        self._tools = {tool.name: tool for tool in tools}
        self._intents = [*script.intents, *self._plain_tools()]
        self._hears = [(intent, script.phrases(*intent.hears)) for intent in self._intents]
        self._mentions = [(intent, script.phrases(*intent.mentions)) for intent in self._intents]
        self._memory: dict[str, str] = {}
        if named := _AGENT_NAME.search(system):
            self._memory["agent_name"] = named[1]
        self._waiting: defaultdict[str, deque[_Understood]] = defaultdict(deque)
        self._misunderstandings = 0
        self.grammar: str | None = grammar_of(
            [phrase for _, phrases in self._hears for phrase in phrases],
            before=script.phrases(*script.before),
            after=script.phrases(*script.after),
        )

    def remember(self, role: str, text: str) -> None:
        """Takes a turn of an earlier connection's history.

        Args:
            role: "USER" or "ASSISTANT".
            text: What was said.
        """
        if role.upper() == "ASSISTANT":
            self._memory["last_said"] = text
        elif understood := self._understand(text):
            self._memory.update(understood.slots)

    def answer(self, text: str) -> Decision:
        """Decides what to do about what the caller said or wrote; empty text was not understood."""
        # A client that asks again may add what happened meanwhile, in paragraphs of its own.
        understood = self._understand(text) or self._understand(text.partition("\n\n")[0])
        if understood is None:
            return self._say(self._misunderstood())
        self._memory.update(understood.slots)
        intent = understood.intent
        needed = {name: self._memory.get(name, "") for name in intent.needs}
        if not all(needed.values()):
            return self._say(intent.asks)
        known = {**needed, **understood.slots}
        if intent.calls is None:
            spoken = self._find_answer(intent.answers, {**known, **_quotation(text)})
            return self._say(spoken or self._misunderstood())
        if intent.calls.tool not in self._tools:
            return self._say(self._script.cannot)
        self._waiting[intent.calls.tool].append(_Understood(intent, known))
        return Decision(list(intent.first), _tool_call(intent.calls, known))

    def tool_result(self, name: str, result: Any) -> Decision:  # noqa: ANN401 - any JSON
        """Decides what to say about what a tool returned."""
        fields = dict(result) if isinstance(result, Mapping) else {"result": result}
        waiting = self._waiting[name]
        if not waiting:
            return self._say(self._script.failed)
        asked = waiting.popleft()
        spoken = self._find_answer(asked.intent.answers, {**asked.slots, **fields})
        return self._say(spoken or self._script.failed)

    def _understand(self, text: str) -> _Understood | None:
        """The intent with most words in `text`, if half of it; else the first it betrays."""
        words = normalise(text)
        best = _best(self._hears, words)
        if best and best[0] >= _LEAST_COVERAGE * len(words.split()):
            return best[1]
        betrayed = (_best([candidate], words) for candidate in self._mentions)
        return next((found[1] for found in betrayed if found), None)

    def _find_answer(self, answers: Iterable[Answer], fields: Mapping[str, Any]) -> list[str]:
        fields = {**self._memory, **fields}
        for answer in answers:
            fits = all(
                fields.get(name) and expected in ("*", str(fields[name]))
                for name, expected in answer.when.items()
            )
            said = [fill(template, fields) for template in answer.says] if fits else []
            if said and None not in said:
                return [
                    part for sentence in said if sentence for part in _SENTENCE_END.split(sentence)
                ]
        return []

    def _say(self, sentences: Iterable[str]) -> Decision:
        said = list(sentences)
        self._memory["last_said"] = " ".join(said)
        return Decision(said)

    def _misunderstood(self) -> list[str]:
        texts = self._script.misunderstood
        text = texts[self._misunderstandings % len(texts)]
        self._misunderstandings += 1
        return _SENTENCE_END.split(text)

    def _plain_tools(self) -> list[Intent]:
        """Tools that no intent calls and that need no argument can be asked for by their name."""
        scripted = {intent.calls.tool for intent in self._script.intents if intent.calls}
        return [
            _intent_for(tool)
            for tool in self._tools.values()
            if tool.name not in scripted and not tool.schema.get("required")
        ]


def _best(
    candidates: Iterable[tuple[Intent, list[Phrase]]], words: str
) -> tuple[int, _Understood] | None:
    found = [
        (match.words, _Understood(intent, match.slots))
        for intent, phrases in candidates
        for phrase in phrases
        if (match := phrase.find(words))
    ]
    return max(found, key=lambda each: each[0], default=None)


def _tool_call(call: Call, slots: Mapping[str, Any]) -> ToolCall:
    arguments = {name: fill(template, slots, str) for name, template in call.arguments.items()}
    return ToolCall(call.tool, {name: value for name, value in arguments.items() if value})


def _intent_for(tool: ToolSpec) -> Intent:
    words = normalise(tool.name.replace("_", " ")).strip()
    return Intent(
        name=tool.name,
        hears=(
            "[what is | what are | tell me | show me | get | give me] [the | my | your] " + words,
        ),
        mentions=(words,),
        calls=Call(tool=tool.name),
        answers=(
            Answer(says=("{error}.",)),
            Answer(says=("{result}.",)),
            Answer(says=("{summary}.",)),
        ),
    )


def _quotation(text: str) -> dict[str, str]:
    """Words that the client wants said: "Greet the caller with: Good morning!"."""
    found = _QUOTED.search(text) or _AFTER_COLON.search(text)
    return {"quoted": found[1].strip()} if found else {}
