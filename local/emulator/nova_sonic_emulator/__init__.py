"""Amazon Nova Sonic on this machine, for tests and for working without an AWS account.

It speaks the service's protocol to an unmodified AWS SDK, and really converses: it recognises
speech, decides by a script, calls the tools that it was offered, and speaks.

    async with Emulator(credentials={"AKIDEXAMPLE": "secret"}) as emulator:
        config = Config(endpoint_uri=emulator.url, ...)

Not here: the Bedrock runtime's other operations, and any intelligence.
"""

from nova_sonic_emulator.emulator import Emulator
from nova_sonic_emulator.faults import Fault
from nova_sonic_emulator.recording import Recorded, Recording
from nova_sonic_emulator.scenario import (
    Endpointing,
    Limits,
    Models,
    Pace,
    Scenario,
    ScenarioError,
)

__all__ = [
    "Emulator",
    "Endpointing",
    "Fault",
    "Limits",
    "Models",
    "Pace",
    "Recorded",
    "Recording",
    "Scenario",
    "ScenarioError",
]
