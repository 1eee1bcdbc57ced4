"""What one call adds."""

from math import ceil

from cdk.config import Environment
from cdk.operator.cost import prices
from cdk.operator.cost.assumptions import (
    DAILY_GB_AN_HOUR,
    MODEL_GB_AN_HOUR,
    TOKENS_A_SECOND,
    Call,
)
from cdk.operator.cost.idle import task_hour
from cdk.operator.cost.line import Line

_WRITES_A_TURN = 4
"""A transaction checks the session's item and puts the turn's; each counts twice."""

_WRITES_A_CALL = 16
"""Open and end with a place in the budget, six each: ``services.common.budget``. Take, activate,
and two more where the line drops once."""

_RENEWALS_A_LEASE = 3
"""Writes, and changes of a job's visibility: ``services.bot.call.lease``."""

_QUEUE_REQUESTS = 3
"""Send, receive, delete."""

_ON_DAILY = 2
"""Participants: the caller and the bot."""

_REQUESTS = 4
"""Connect, its preflight, the page's probe and one question for the status."""

_FUNCTION_SECONDS = 0.2
_TEXT_TOKENS_A_SECOND_SPOKEN = 4
"""What the model writes beside what it speaks; what it hears is transcribed at the same price."""


def call_lines(config: Environment, call: Call) -> list[Line]:
    """The bill of one call, item by item."""
    return [
        Line("Nova Sonic", _model(call)),
        Line("bot, its share of a task", _bot(config, call)),
        Line("network to the model", call.hours * MODEL_GB_AN_HOUR * _model_gb(config)),
        Line("load balancer and Internet", 0.0 if call.on_daily else _caller(call)),
        Line("Daily, NAT gateway, queue", _daily(config, call) if call.on_daily else 0.0),
        Line("records, logs, requests", _rest(config, call)),
    ]


def _model(call: Call) -> float:
    spoken = call.seconds * call.spoken_share
    connections = ceil(call.minutes / call.connection_minutes)
    return (
        call.seconds * TOKENS_A_SECOND * prices.SPEECH_IN.usd
        + spoken * TOKENS_A_SECOND * prices.SPEECH_OUT.usd
        + connections * call.prompt_tokens * prices.TEXT_IN.usd
        + call.seconds * _TEXT_TOKENS_A_SECOND_SPOKEN * prices.TEXT_OUT.usd
    )


def _bot(config: Environment, call: Call) -> float:
    """Tasks are added as calls come, and each is as full as scaling keeps it."""
    calls_a_task = config.bot.sessions_per_task * config.bot.busy_percent / 100
    return call.hours * task_hour(config, config.bot) / calls_a_task


def _model_gb(config: Environment) -> float:
    if "bedrock-runtime" in config.network.interface_endpoints:
        return prices.ENDPOINT_GB.usd
    elsewhere = config.nova.region != config.region
    return prices.NAT_GB.usd + (prices.BETWEEN_REGIONS_GB.usd if elsewhere else 0.0)


def _caller(call: Call) -> float:
    """A capacity unit is one GB an hour here; connections and rules stay below that."""
    passed = call.gb_to_caller + call.gb_from_caller
    return passed * prices.CAPACITY_UNIT_HOUR.usd + call.gb_to_caller * prices.OUT_GB.usd


def _daily(config: Environment, call: Call) -> float:
    return (
        _ON_DAILY * call.minutes * prices.DAILY_MINUTE.usd
        + call.hours * DAILY_GB_AN_HOUR * (prices.NAT_GB.usd + prices.OUT_GB.usd)
        + (_QUEUE_REQUESTS + _renewals(config, call)) * prices.QUEUE_REQUEST.usd
    )


def _renewals(config: Environment, call: Call) -> float:
    return call.seconds / config.drain.lease_seconds * _RENEWALS_A_LEASE


def _rest(config: Environment, call: Call) -> float:
    writes = (
        _WRITES_A_CALL
        + _WRITES_A_TURN * call.turns_a_minute * call.minutes
        + _renewals(config, call)
    )
    cost = (
        writes * prices.TABLE_WRITE.usd
        + call.log_bytes / 1e9 * prices.LOG_GB.usd
        + _REQUESTS * prices.WAF_REQUEST.usd
    )
    if config.server.compute == "lambda":
        gb_seconds = _FUNCTION_SECONDS * config.server.memory / 1024
        second = prices.LAMBDA_GB_SECOND[config.images.architecture].usd
        cost += _REQUESTS * (prices.LAMBDA_REQUEST.usd + gb_seconds * second)
    return cost
