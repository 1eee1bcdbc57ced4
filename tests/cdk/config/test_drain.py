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
from services.bot.call.lease import RENEWALS_A_LEASE
from services.bot.processes.listener import PING_SECONDS as BOT_PING_SECONDS
from services.bot.processes.protection import PARTING_SECONDS, Pace
from services.bot.processes.supervisor import GOODBYE_SECONDS, KILL_SECONDS
from services.common.jobs import DEADLINE_SECONDS as QUEUE_DEADLINE_SECONDS
from services.common.records import CLOCK_SKEW_SECONDS
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


def test_the_shortest_lease_outlives_a_renewal_that_fails() -> None:
    with pytest.raises(ValidationError):
        Drain(lease_seconds=14)
    tries = [number / RENEWALS_A_LEASE * 15 for number in (1, 2)]
    assert tries[1] + QUEUE_DEADLINE_SECONDS <= 15
    assert tries[1] + CLOCK_SKEW_SECONDS < 15


def test_a_lease_is_no_longer_than_the_longest_call() -> None:
    with pytest.raises(ValidationError) as caught:
        Drain(longest_call_seconds=60, lease_seconds=61)
    assert "set at most longest_call_seconds, 60" in str(caught.value)


def test_a_protection_fits_into_an_update_beside_everything_else() -> None:
    longest = Drain(longest_call_seconds=3540, deregistration_seconds=3600, protection_minutes=47)
    assert longest
    with pytest.raises(ValidationError):
        Drain(**(longest.model_dump() | {"protection_minutes": 48}))


def test_the_longest_call_that_fits_is_just_under_an_hour() -> None:
    assert Drain(longest_call_seconds=3540, deregistration_seconds=3600)
    with pytest.raises(ValidationError):
        Drain(longest_call_seconds=3541, deregistration_seconds=3600)
