"""Fleets of different sizes: which environment carries how many calls, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from cdk.config import Environment, load_environment
from cdk.config.drain import REST_SECONDS
from cdk.config.parts import Bot
from cdk.operator.cost.assumptions import HOURS_A_MONTH, Call
from cdk.operator.cost.call import call_lines
from cdk.operator.cost.idle import idle_lines
from cdk.operator.cost.line import total
from tests.bench.fleet.outcome import Outcome
from tests.bench.fleet.plan import Plan, Protection, Stepping, Tracking, Way

ENVIRONMENTS = {10: "small", 100: "example", 1_000: "large", 10_000: "large", 100_000: "large"}
"""By calls at once in the busiest hour."""

MIN_TASKS = {10: 2}
"""Where it is not the environment's: one task of five places leaves too much to chance at night."""

HOURS = {10: 96.0, 100: 48.0}
"""That are simulated, where a day has too few callers to tell what one in a hundred meets."""

CALL_CPU_UNITS = 70
"""Of a call, 1024 are one vCPU: what `cdk.config.parts` sizes tasks by."""

HEALTHY_CPU_PERCENT = 60
OUT_SECONDS = 30
STEP_SECONDS = 60
"""What `cdk.services.workload` and `cdk.operations.calls` set; a test reads the template."""

_MOST_TASKS = 5000
"""Of a service, AWS's quota. The simulation tells how many are needed, whatever `max_tasks` is."""

_WARMING_SECONDS = 0.2
"""Of processor time until a new process waits for a caller; `make bench` has two cores, and four
processes at once were warm after 0.6 to 0.9 s with other programs running."""

_ONE_SERVICE = 10_000

_ROUND_SECONDS = 5.0
_LIMITED_ROUND_SECONDS = 2.0
"""Callers above the limit may be told to come back after a second; here they come after two."""

_CROWD = Bot(
    cpu=16_384,
    memory=32_768,
    min_tasks=6,
    max_tasks=1000,
    sessions_per_task=220,
    spare_sessions=24,
)
"""The largest task that Fargate has: 100,000 calls in smaller ones would need more tasks than one
service may have."""

TASKS_LINE = "Fargate, bot"
SHARE_LINE = "bot, its share of a task"
MODEL_LINE = "Nova Sonic"


def environment(calls: int) -> Environment:
    """An environment for so many calls at once."""
    config = load_environment(ENVIRONMENTS[calls])
    bot = _CROWD if calls > _ONE_SERVICE else config.bot
    bot = bot.model_copy(update={"min_tasks": MIN_TASKS.get(calls, bot.min_tasks)})
    return config.model_copy(update={"bot": bot})


def plan(
    config: Environment,
    *,
    way: Way,
    busy_percent: int | None = None,
    rests: bool = True,
    limit: int = 0,
) -> Plan:
    """The fleet that an environment makes.

    Args:
        config: The environment.
        way: How callers come in.
        busy_percent: Instead of the environment's.
        rests: Whether the protection of a task that always has calls rests now and then.
        limit: Calls at once in all.
    """
    bot = config.bot
    return Plan(
        way=way,
        slots=bot.sessions_per_task,
        spare=bot.spare_sessions,
        least=bot.min_tasks,
        most=_MOST_TASKS,
        call_percent=100 * CALL_CPU_UNITS / bot.cpu,
        places=Tracking(
            target=busy_percent or bot.busy_percent,
            out_seconds=OUT_SECONDS,
            in_seconds=config.drain.scale_in_seconds,
        ),
        processor=Tracking(
            target=HEALTHY_CPU_PERCENT,
            out_seconds=OUT_SECONDS,
            in_seconds=config.drain.scale_in_seconds,
        ),
        jobs=stepping(bot.sessions_per_task) if way == "queue" else None,
        protection=Protection(
            stretch_seconds=config.drain.longest_call_seconds,
            rest_seconds=REST_SECONDS if rests else 0,
            handover_seconds=config.drain.handover_seconds,
        ),
        kept_back=1 if way == "queue" else 0,
        warming_seconds=_WARMING_SECONDS * max(1.0, bot.spare_sessions * 1024 / bot.cpu),
        limit=limit,
        call_seconds=Call().seconds,
        round_seconds=_LIMITED_ROUND_SECONDS if limit else _ROUND_SECONDS,
    )


def stepping(places: int) -> Stepping:
    """The policy on waiting jobs, for tasks with so many places."""
    return Stepping(steps=((1, 1), (places + 1, 4), (4 * places + 1, 10)), out_seconds=STEP_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a fleet costs, in US dollars a month.

    Attributes:
        model: Nova Sonic.
        tasks: The bot's tasks.
        rest: Everything else.
        call_hours: A month.
    """

    model: float
    tasks: float
    rest: float
    call_hours: float

    @property
    def month(self) -> float:
        """All of it."""
        return self.model + self.tasks + self.rest

    @property
    def call_hour(self) -> float:
        """An hour of one call."""
        return self.month / self.call_hours


def bill(config: Environment, outcome: Outcome) -> Bill:
    """A month of days like the simulated one, at `cdk.operator.cost`'s prices.

    What is there while nobody calls is counted with the simulated mean of tasks, and what a call
    adds without the share of a task that the estimate gives it.
    """
    months = HOURS_A_MONTH / outcome.hours
    running = config.bot.model_copy(update={"min_tasks": outcome.mean_tasks})
    idle = idle_lines(config.model_copy(update={"bot": running}))
    call = Call(minutes=60 * outcome.call_hours / outcome.began)
    calls = outcome.began * months
    added = [line for line in call_lines(config, call) if line.item != SHARE_LINE]
    model = calls * sum(line.usd for line in added if line.item == MODEL_LINE)
    tasks = sum(line.usd for line in idle if line.item == TASKS_LINE)
    return Bill(
        model=model,
        tasks=tasks,
        rest=calls * total(added) - model + total(idle) - tasks,
        call_hours=outcome.call_hours * months,
    )
