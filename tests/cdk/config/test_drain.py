"""The drain arithmetic counts with times that live in the services' code."""

import pytest
from pydantic import ValidationError

from cdk.config import agents
from cdk.config.drain import (
    EXIT_SECONDS,
    KEEP_ALIVE_SECONDS,
    PING_SECONDS,
    REST_SECONDS,
    Drain,
)
from services.bot.agent import Agent
from services.bot.processes.listener import PING_SECONDS as BOT_PING_SECONDS
from services.bot.processes.protection import PARTING_SECONDS, Pace
from services.bot.processes.supervisor import GOODBYE_SECONDS, KILL_SECONDS
from services.server.__main__ import KEEP_ALIVE_SECONDS as SERVER_KEEP_ALIVE_SECONDS


def test_it_counts_with_the_services_own_times() -> None:
    assert PING_SECONDS == BOT_PING_SECONDS
    assert EXIT_SECONDS > GOODBYE_SECONDS + KILL_SECONDS + PARTING_SECONDS
    assert Pace(renewal=1, stretch=1).rest == REST_SECONDS
    assert KEEP_ALIVE_SECONDS == SERVER_KEEP_ALIVE_SECONDS
    unsaid = Agent.model_fields["longest_call_seconds"].default
    assert unsaid == agents.LONGEST_CALL_SECONDS


def test_the_defaults_meet_the_sums() -> None:
    assert Drain().deregistration_seconds > Drain().longest_call_seconds


def test_the_longest_call_that_fits_is_just_under_an_hour() -> None:
    assert Drain(longest_call_seconds=3540, deregistration_seconds=3600)
    with pytest.raises(ValidationError):
        Drain(longest_call_seconds=3541, deregistration_seconds=3600)
