"""The times that decide whether a call outlives its task, and the sums that they have to meet.

A task of the bot ends in this order. While it has calls it asks ECS not to be stopped, which ends
``protection_minutes`` after it last asked. Where it is never without calls it stops asking for a
while once the longest call has passed. ECS then takes it out of the load balancer, which sends it
no new call and leaves the open ones alone for ``deregistration_seconds``. Only then comes SIGTERM:
calls that are left get ``handover_seconds`` to be handed over, and ``stop_timeout_seconds`` after
SIGTERM whatever still runs is killed. So with the right sums a deployment or a scale-in ends no
call, and no deployment takes longer than CloudFormation waits.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cdk.config.errors import WrongKeyError

PING_SECONDS = 10
"""How often the bot pings a caller's WebSocket: ``PING_SECONDS`` of
``services.bot.processes.listener``."""

_LOST_PINGS = 3
"""So many may get lost before the load balancer takes a line for idle."""

_LAST_WORDS_SECONDS = 60
"""Between a call's longest time and its line being closed: goodbye, record, close."""

EXIT_SECONDS = 10
"""From the end of the handover to the end of the last process: ``GOODBYE_SECONDS`` of
``services.bot.processes.supervisor``, and a second for what is killed then."""

KEEP_ALIVE_SECONDS = 75
"""The connect server closes an idle connection after so long: ``services.server.__main__``."""


REST_SECONDS = 120
"""For which a task that is never without calls lets ECS choose it: ``services.bot.processes``,
``protection.Pace``."""

_SHOWN_SECONDS = 480
"""From a task's end until alarms have seen some minutes without it."""

_START_SECONDS = 600
"""For new tasks to run and to be healthy, before ECS looks for old ones to stop."""

_UPDATE_SECONDS = 3 * 3600
"""How long CloudFormation waits for a service: Amazon ECS developer guide, "Protect your Amazon ECS
tasks from being terminated by scale-in events"."""


class Drain(BaseModel):
    """Times at a task's end, in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    longest_call_seconds: Annotated[
        int, Field(ge=60, le=3540, description="seconds from 60 to 3540")
    ] = 1800
    idle_timeout_seconds: Annotated[
        int, Field(ge=1, le=4000, description="seconds from 1 to 4000, the load balancer's bounds")
    ] = 60
    deregistration_seconds: Annotated[
        int, Field(ge=0, le=3600, description="seconds from 0 to 3600, the target group's bounds")
    ] = 1860
    handover_seconds: Annotated[int, Field(ge=0, description="seconds, 0 or more")] = 110
    stop_timeout_seconds: Annotated[
        int, Field(ge=2, le=120, description="seconds from 2 to 120, Fargate's bounds")
    ] = 120
    # Renewed after a third and two thirds of it, with 5 s for each: the second may fail, too.
    lease_seconds: Annotated[int, Field(ge=15, le=600, description="seconds from 15 to 600")] = 15
    protection_minutes: Annotated[
        int, Field(ge=1, le=2880, description="minutes from 1 to 2880, the bounds of ECS")
    ] = 10

    @model_validator(mode="after")
    def _check_sums(self) -> Self:
        least = _LOST_PINGS * PING_SECONDS
        if self.idle_timeout_seconds <= least:
            raise WrongKeyError(
                "idle_timeout_seconds",
                f"{self.idle_timeout_seconds} would cut silent lines, which are pinged every "
                f"{PING_SECONDS} s; set more than {least}",
            )
        if self.idle_timeout_seconds >= KEEP_ALIVE_SECONDS:
            raise WrongKeyError(
                "idle_timeout_seconds",
                f"{self.idle_timeout_seconds} would let the load balancer use connections that "
                f"the connect server closes after {KEEP_ALIVE_SECONDS} s; set less",
            )
        least = self.longest_call_seconds + _LAST_WORDS_SECONDS
        if self.deregistration_seconds < least:
            raise WrongKeyError(
                "deregistration_seconds",
                f"{self.deregistration_seconds} would cut calls of longest_call_seconds, "
                f"{self.longest_call_seconds}, at a deployment; set at least {least}",
            )
        most = self.stop_timeout_seconds - EXIT_SECONDS
        if self.handover_seconds > most:
            raise WrongKeyError(
                "handover_seconds",
                f"{self.handover_seconds} leaves no time before the kill at stop_timeout_seconds, "
                f"{self.stop_timeout_seconds}; set at most {most}",
            )
        if self.lease_seconds > self.longest_call_seconds:
            raise WrongKeyError(
                "lease_seconds",
                f"{self.lease_seconds} would keep a caller whose bot died waiting for longer than "
                f"any call lasts; set at most longest_call_seconds, {self.longest_call_seconds}",
            )
        most = (_UPDATE_SECONDS - self._seconds_without_protection()) // 60
        if self.protection_minutes > most:
            raise WrongKeyError(
                "protection_minutes",
                f"{self.protection_minutes} would let a deployment take longer than the "
                f"{_UPDATE_SECONDS // 3600} hours that CloudFormation waits, where a task has hung "
                f"while it was protected; set at most {most}",
            )
        return self

    @property
    def scale_in_seconds(self) -> int:
        """How long after tasks were wished away the metrics show that they are gone.

        Tasks with calls protect themselves meanwhile, and the metrics stay low. Scaling in again
        before then would wish the same tasks away twice, and when their protection rests, too many
        would go at once: `make bench BENCH=fleet` shows it.
        """
        return self.longest_call_seconds + REST_SECONDS + _SHOWN_SECONDS

    def _seconds_without_protection(self) -> int:
        """The most that a deployment takes, besides a protection that nobody ends."""
        return (
            _START_SECONDS
            + self.longest_call_seconds
            + REST_SECONDS
            + self.deregistration_seconds
            + self.stop_timeout_seconds
        )
