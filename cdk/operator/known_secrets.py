"""Which secrets a deployment has, and what each looks like."""

import re
from dataclasses import dataclass

from cdk.config import Environment

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]"  # noqa: S105 - an HTTP token's letters (RFC 9110, 5.6.2)


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSecret:
    """One secret, stored as ``<prefix>/<name>``.

    Attributes:
        name: The parameter's name, and the setting's.
        purpose: What it is for.
        form: What all of a value has to match.
        expected: The same in words.
        required: Whether the services refuse to start without it, in every environment.
        transport: By which transport it is needed, and by no other.
        together_with: A secret that is of use only with this one.
        for_people: Whether it is of use only where callers are handed over to people.
    """

    name: str
    purpose: str
    form: str
    expected: str
    required: bool = False
    transport: str | None = None
    together_with: str | None = None
    for_people: bool = False

    def is_of_use(self, config: Environment) -> bool:
        """Whether an environment's services do anything with it."""
        if self.for_people and config.agents.handover_url is None:
            return False
        return self.transport is None or self.transport in config.server.transports

    def is_required(self, config: Environment) -> bool:
        """Whether an environment's services refuse to start without it."""
        return self.required or (self.transport is not None and self.is_of_use(config))

    def problem(self, value: str) -> str | None:
        """What is wrong with a value, without repeating any of it."""
        if value != value.strip():
            return f"{self.name} begins or ends with a space; copy it again"
        if not re.fullmatch(self.form, value):
            return f"{self.name} does not look right: expected {self.expected}"
        return None


KNOWN_SECRETS = (
    KnownSecret(
        name="API_KEY",
        purpose="what callers and programs send to be let in",
        form=rf"{_TOKEN}{{16,512}}",
        expected="at least 16 letters, digits or !#$%&'*+-.^_`|~ (such as `openssl rand -hex 24`)",
        required=True,
    ),
    KnownSecret(
        name="DAILY_API_KEY",
        purpose="Daily's key, from dashboard.daily.co, Developers",
        form=rf"{_TOKEN}{{16,512}}",
        expected="at least 16 letters or digits",
        transport="daily",
    ),
    KnownSecret(
        name="HANDOVER_SECRET",
        purpose="what requests to agents.handover_url are signed with",
        form=rf"{_TOKEN}{{16,512}}",
        expected="at least 16 letters or digits (such as `openssl rand -hex 32`)",
        for_people=True,
    ),
    KnownSecret(
        name="NOVA_AWS_ACCESS_KEY_ID",
        purpose="static keys for Nova Sonic; without them the bot uses its role, which is better",
        form=r"(AKIA|ASIA)[A-Z2-7]{16}",
        expected="AKIA or ASIA and 16 capitals or digits",
        together_with="NOVA_AWS_SECRET_ACCESS_KEY",
    ),
    KnownSecret(
        name="NOVA_AWS_SECRET_ACCESS_KEY",
        purpose="the other half of NOVA_AWS_ACCESS_KEY_ID",
        form=r"[A-Za-z0-9/+]{40}",
        expected="40 letters, digits, / or +",
        together_with="NOVA_AWS_ACCESS_KEY_ID",
    ),
)
"""What `services.server.settings` and `services.bot.settings` read, in the order to ask in."""
