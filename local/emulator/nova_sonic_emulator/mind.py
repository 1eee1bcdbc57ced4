"""The mind: decides what to say and which tool to call, by the script."""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nova_sonic_emulator.asking import AskedFor, asked_about, asked_for
from nova_sonic_emulator.phrases import Phrase, grammar_of, normalise
from nova_sonic_emulator.script import Answer, Call, Intent, MindScript
from nova_sonic_emulator.wording import fill

__all__ = ["Decision", "Mind", "MindScript", "ToolCall", "ToolSpec"]

_AGENT_NAME = re.compile(r"\b(?:[Yy]ou are|[Yy]our name is)(?: called)? ([A-Z]\w+)")
_NOTE = re.compile(r'^"(.+)"$', re.MULTILINE)
_QUOTED = re.compile(r"[\"“]([^\"”]+)[\"”]")
_AFTER_COLON = re.compile(r":\s+(\S.*)", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_LEAST_COVERAGE = 0.5
_QUESTION = re.compile(r"Ask the caller: (\S[^?]*\?)")
_ASKED_BEFORE = re.compile(r"\bshall I [^?.!]*\?\W*$", re.IGNORECASE)
_ORDER = re.compile(r"\bcall (\w+)(?: with (\{[^{}]*\}))?")


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


@dataclass(frozen=True, slots=True)
class _Waiting:
    understood: _Understood
    call: ToolCall


class Mind:
    """The wits of one conversation.

    Args:
        script: What it understands and says.
        system: The system prompt; it is searched for a name, for lines that are quotations (notes
            on the caller), and otherwise not understood.
        tools: What the client offers.

    Attributes:
        grammar: JSGF of all sentences that it understands; None where it knows mentions alone.
    """

    def __init__(self, script: MindScript, *, system: str, tools: Iterable[ToolSpec]) -> None:
        self._script = script
        self._tools = {tool.name: tool for tool in tools}
        asked_for = self._tools_asked_for()
        intents = [intent for intent in script.intents if self._is_of_use(intent)]
        self._hears = [(intent, script.phrases(*intent.hears)) for intent in intents]
        self._hears += [(each.intent, each.phrases(script)) for each in asked_for]
        self._mentions = [(intent, script.phrases(*intent.mentions)) for intent in intents]
        self._mentions += [
            (each.intent, script.phrases(*each.intent.mentions)) for each in asked_for
        ]
        self._consent: _Waiting | None = None
        self._wanted: _Waiting | None = None
        self._memory: dict[str, str] = {}
        if named := _AGENT_NAME.search(system):
            self._memory["agent_name"] = named[1]
        for note in _NOTE.findall(system):
            self.remember("USER", note)
        self._waiting: defaultdict[str, deque[_Waiting]] = defaultdict(deque)
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
            # Whoever says yes now may be agreeing to what was asked on another connection.
            self._consent = self._wanted if _ASKED_BEFORE.search(text) else None
        elif understood := self._understand(text):
            self._memory.update(understood.slots)
            self._wanted = self._wish(understood, text)

    def answer(self, text: str) -> Decision:
        """Decides what to do about what the caller said or wrote; empty text was not understood."""
        # A client that asks again may add what happened meanwhile, in paragraphs of its own.
        understood = self._understand(text) or self._understand(text.partition("\n\n")[0])
        if understood is None:
            understood = self._otherwise(text)
        if understood is None:
            return self._say(self._misunderstood())
        self._memory.update(understood.slots)
        intent = understood.intent
        if intent.consents and (waiting := self._consent):
            self._consent = None
            if intent.consents == "yes":
                return self._call(waiting)
        known = self._known(understood)
        if not all(known.values()):
            return self._say(intent.asks)
        if intent.calls is None or (intent.calls.optional and intent.calls.tool not in self._tools):
            spoken = self._find_answer(intent.answers, {**known, **_quotation(text)})
            return self._say(spoken or self._misunderstood())
        wish = self._wish(understood, text)
        return self._call(wish, *intent.first) if wish else self._say(self._script.cannot)

    def tool_result(self, name: str, result: Any) -> Decision:  # noqa: ANN401 - any JSON
        """Decides what to say about what a tool returned."""
        fields = dict(result) if isinstance(result, Mapping) else {"result": result}
        fields["all_of_it"] = dict(fields)
        if isinstance(passages := fields.get("passages"), list) and passages:
            fields["passage"] = passages[0].get("text", "")
        waiting = self._waiting[name]
        if not waiting:
            return self._say(self._script.failed)
        asked = waiting.popleft()
        if fields.get("cancelled") and len(fields) == 2:
            return Decision()
        if self._script.gullible and (told := self._told_to_call(fields)):
            return self._call(_Waiting(asked.understood, told))
        if question := _QUESTION.search(str(fields.get("needs_consent", ""))):
            self._consent = asked
            return self._say([question[1][0].upper() + question[1][1:]])
        understood = asked.understood
        spoken = self._find_answer(understood.intent.answers, {**understood.slots, **fields})
        return self._say(spoken or self._script.failed)

    def _understand(self, text: str) -> _Understood | None:
        """The intent with most words in `text`, if half of it; else the first it betrays."""
        words = normalise(text)
        best = _best(self._hears, words)
        if best and best[0] >= _LEAST_COVERAGE * len(words.split()):
            return best[1]
        betrayed = (_best([candidate], words) for candidate in self._mentions)
        return next((found[1] for found in betrayed if found), None)

    def _known(self, understood: _Understood) -> dict[str, str]:
        """What the intent needs, empty where nobody has said it, and what was just said."""
        needed = {name: self._memory.get(name, "") for name in understood.intent.needs}
        return {**needed, **understood.slots}

    def _wish(self, understood: _Understood, text: str) -> _Waiting | None:
        """The tool call that an intent asks for; None where it asks for none that can be made."""
        known, call = self._known(understood), understood.intent.calls
        if call is None or call.tool not in self._tools or not all(known.values()):
            return None
        asked = _Understood(understood.intent, known)
        return _Waiting(asked, _tool_call(call, {**known, "heard": text.strip()}))

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

    def _call(self, waiting: _Waiting, *first: str) -> Decision:
        self._waiting[waiting.call.name].append(waiting)
        return Decision(list(first), waiting.call)

    def _otherwise(self, text: str) -> _Understood | None:
        intent = self._script.otherwise
        if intent is None or intent.calls is None or not text.strip():
            return None
        return _Understood(intent, {}) if intent.calls.tool in self._tools else None

    def _is_of_use(self, intent: Intent) -> bool:
        call = intent.calls
        return intent.always or call is None or call.optional or call.tool in self._tools

    def _tools_asked_for(self) -> list[AskedFor]:
        """Tools that no intent calls can be asked for by their name."""
        scripted = [*self._script.intents, self._script.otherwise]
        known = {intent.calls.tool for intent in scripted if intent and intent.calls}
        tools = [tool for tool in self._tools.values() if tool.name not in known]
        found = [asked_for(tool.name, tool.schema) for tool in tools]
        other = self._script.otherwise
        if other and other.calls and (tool := self._tools.get(other.calls.tool)):
            found.append(asked_about(other, tool.schema))
        return [asked for asked in found if asked]

    def _told_to_call(self, fields: Mapping[str, Any]) -> ToolCall | None:
        """What somebody wrote into a result for a model to obey."""
        for order in _ORDER.finditer(json.dumps(fields, ensure_ascii=False).replace('\\"', '"')):
            if order[1] in self._tools:
                return ToolCall(order[1], json.loads(order[2] or "{}"))
        return None


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


def _quotation(text: str) -> dict[str, str]:
    """Words that the client wants said: "Greet the caller with: Good morning!"."""
    found = _QUOTED.search(text) or _AFTER_COLON.search(text)
    return {"quoted": found[1].strip()} if found else {}
