"""Holds conversations and tells what was not as it should be."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import boto3
from pydantic import SecretStr

from local.seed import demo_orders, orders_definition
from nova_sonic_emulator import Emulator, Scenario
from services.bot.agent import Agent, read_agents
from services.bot.knowledge import Library
from services.bot.memory import MemoryStore, Recollection
from services.bot.nova import NovaSettings
from services.bot.settings import BotSettings
from services.bot.toolbox import ToolContext
from services.common.dynamodb import Table
from services.common.sessions import table_definition
from tests.evals.call import Called, EvalCall
from tests.evals.conversations import EvalConversation, ExpectedTurn
from tests.evals.matching import same, told
from tests.moto_server import moto_server
from tests.trust import CA_DIR

KEY_ID, SECRET = "AKIDEVALS", "secret-of-the-evals"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a model.

    Attributes:
        answer_seconds: A turn that is not as expected by then never will be.
        at_once: How many conversations it may have; an account has 20 for all its callers.
        quiet_seconds: An agent that neither says nor calls anything for so long is done.
    """

    answer_seconds: float = 15.0
    quiet_seconds: float = 0.3
    at_once: int = 15


@dataclass(frozen=True, slots=True)
class TurnResult:
    """One turn as it was.

    Attributes:
        says: The caller's words.
        said: The agent's.
        called: The tools that it called.
        seconds: From the caller's words to the last thing that was expected.
        faults: What was not as it should be, a sentence each.
    """

    says: str
    said: str
    called: tuple[Called, ...]
    seconds: float
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One conversation as it was."""

    name: str
    turns: tuple[TurnResult, ...]
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all was as it should be."""
        return not self.faults and not any(turn.faults for turn in self.turns)


class Evals:
    """What evals need: a model, tables with the demo orders, indexes of documents."""

    def __init__(
        self,
        nova: NovaSettings,
        table_url: str,
        place: Path,
        *,
        agents: Mapping[str, Agent] | None = None,
        speech: bool = False,
        patience: Patience,
    ) -> None:
        """Prepares for conversations with any agent.

        Args:
            nova: The model.
            table_url: Where moto plays DynamoDB.
            place: Where indexes go.
            agents: By their keys; by default those of `services/bot/agents`.
            speech: Whether callers speak; they write otherwise.
            patience: How long to wait for the model.
        """
        self._patience = patience
        self._agents = read_agents() if agents is None else agents
        self._nova = nova
        self._speech = speech
        self._library = Library(place)
        for agent in self._agents.values():
            if agent.knowledge is not None:
                self._library.add(agent.knowledge)
        # Not the person's own account, which the model may be in.
        self.dynamodb = boto3.client(
            "dynamodb",
            endpoint_url=table_url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        self.orders = f"orders-{secrets.token_hex(4)}"
        sessions = f"sessions-{secrets.token_hex(4)}"
        self._make_tables(sessions)
        self._memories = MemoryStore(Table(self.dynamodb, sessions))

    def with_patience(self, answer_seconds: float) -> Self:
        """The same evals, which wait no longer than so for what does not come."""
        other = copy(self)
        other._patience = replace(self._patience, answer_seconds=answer_seconds)
        return other

    async def hold_all(
        self, wanted: Iterable[tuple[str, EvalConversation]]
    ) -> list[tuple[str, Result]]:
        """Holds conversations with agents, several at once, for they take as long as calls do."""
        places = asyncio.Semaphore(self._patience.at_once)

        async def hold(agent: str, each: EvalConversation) -> tuple[str, Result]:
            async with places:
                return agent, await self.hold(agent, each)

        async with asyncio.TaskGroup() as group:
            holding = [group.create_task(hold(agent, each)) for agent, each in wanted]
        return [task.result() for task in holding]

    async def hold(self, agent_key: str, wanted: EvalConversation) -> Result:
        """Holds one conversation."""
        agent = self._agents[agent_key]
        memory = await self._memory(agent, wanted)
        context = ToolContext(
            f"eval-{secrets.token_hex(4)}",
            self.dynamodb,
            self.orders,
            agent=agent.key,
            knowledge=self._library.shelf(agent.knowledge),
            memory=memory,
        )
        call = EvalCall(agent, self._nova, context)
        turns: list[TurnResult] = []
        async with call.going_on():
            greeting = ExpectedTurn(says="", tells=wanted.greets)
            turns.append(await self._turn(call, greeting, 0))
            for turn in wanted.turns:
                turns.append(await self._turn(call, turn, call.so_far))
        return Result(wanted.name, tuple(turns), tuple(_about_notes(wanted, memory)))

    async def _memory(self, agent: Agent, wanted: EvalConversation) -> Recollection | None:
        if agent.memory is None or wanted.caller is None:
            return None
        caller = f"{wanted.caller} of {wanted.name}"  # of other conversations nothing is known
        for note in wanted.notes:
            await self._memories.add(caller, agent.key, note, days=1)
        memory = Recollection(self._memories, caller, agent.key, agent.memory)
        await memory.load()
        return memory

    async def _turn(self, call: EvalCall, wanted: ExpectedTurn, since: int) -> TurnResult:
        await asyncio.sleep(wanted.after)
        began = time.monotonic()
        if wanted.says:
            await (call.say if self._speech else call.write)(wanted.says)

        def is_told() -> bool:
            said = call.said(since)
            return bool(said) and not missing(wanted, said, call.called(since))

        await call.until(is_told, self._patience.answer_seconds)
        seconds = time.monotonic() - began
        await call.quiet(self._patience.quiet_seconds)
        said, called = call.said(since), call.called(since)
        faults = [*missing(wanted, said, called), *_too_much(wanted, said, called)]
        if not said:
            faults.append("says nothing")
        return TurnResult(wanted.says, said, tuple(called), seconds, tuple(faults))

    def _make_tables(self, sessions: str) -> None:
        self.dynamodb.create_table(**table_definition(sessions))
        self.dynamodb.create_table(**orders_definition(self.orders))
        for order in demo_orders(datetime.now(UTC).date()):
            self.dynamodb.put_item(TableName=self.orders, Item=order)


@asynccontextmanager
async def against_the_emulator(
    *, agents: Mapping[str, Agent] | None = None, speech: bool = False, **mind: object
) -> AsyncIterator[Evals]:
    """Evals with the emulator, which is quick and knows its script alone."""
    scenario = Scenario.model_validate({"pace": {"lead_ms": 60_000}, "mind": mind})
    with moto_server() as table_url, TemporaryDirectory() as place:
        async with Emulator(
            scenario=scenario, credentials={KEY_ID: SECRET}, ca_dir=CA_DIR
        ) as emulator:
            nova = NovaSettings(
                endpoint_url=emulator.url,
                access_key_id=SecretStr(KEY_ID),
                secret_access_key=SecretStr(SECRET),
            )
            yield Evals(
                nova, table_url, Path(place), agents=agents, speech=speech, patience=Patience()
            )


@asynccontextmanager
async def against_the_model(*, speech: bool = False) -> AsyncIterator[Evals]:
    """Evals with the model, in the person's own account; the tables are moto's."""
    settings = BotSettings.model_validate({})
    nova = NovaSettings(
        region=settings.nova_aws_region,
        model_id=settings.nova_model_id,
        access_key_id=settings.nova_aws_access_key_id,
        secret_access_key=settings.nova_aws_secret_access_key,
    )
    patience = Patience(answer_seconds=30.0, quiet_seconds=2.0, at_once=3)
    with moto_server() as table_url, TemporaryDirectory() as place:
        yield Evals(nova, table_url, Path(place), speech=speech, patience=patience)


def missing(wanted: ExpectedTurn, said: str, called: Sequence[Called]) -> list[str]:
    """What has not happened that should have."""
    faults = [f'does not say "{each}"' for each in wanted.tells if not told(each, said)]
    for expected in wanted.calls:
        of_that_name = [each for each in called if each.tool == expected.tool]
        if not of_that_name:
            faults.append(f"does not call {expected.tool}")
        elif not any(
            all(
                same(value, each.arguments.get(name, ""))
                for name, value in expected.arguments.items()
            )
            for each in of_that_name
        ):
            given = ", ".join(json.dumps(dict(each.arguments)) for each in of_that_name)
            faults.append(
                f"calls {expected.tool} with {given}, not {json.dumps(expected.arguments)}"
            )
    return faults


def _too_much(wanted: ExpectedTurn, said: str, called: Sequence[Called]) -> list[str]:
    """What has happened that should not have."""
    names = {each.tool for each in called}
    return [
        *(f"calls {tool}" for tool in wanted.never_calls if tool in names),
        *(f'says "{each}"' for each in wanted.never_tells if told(each, said)),
    ]


def _about_notes(wanted: EvalConversation, memory: Recollection | None) -> list[str]:
    if wanted.notes_after is None:
        return []
    facts = memory.facts if memory is not None else ()
    faults = [
        f'has not noted "{each}"' for each in wanted.notes_after if not told(each, " ".join(facts))
    ]
    if not wanted.notes_after and facts:
        faults.append(f"has noted {', '.join(facts)}")
    return faults
