"""One environment: everything that `cdk deploy` needs to know."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from cdk.config.drain import Drain
from cdk.config.errors import WrongKeyError
from cdk.config.fargate import TaskSize
from cdk.config.parts import (
    Agents,
    Bot,
    Daily,
    Domain,
    Firewall,
    Images,
    Network,
    Nova,
    Operations,
    Part,
    Region,
    Secrets,
    Server,
)


class Environment(Part):
    """A file of `cdk/environments`, checked."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9-]{0,18}[a-z0-9]$",
            description="2 to 20 lower-case letters, digits and inner hyphens",
        ),
    ]
    account: Annotated[str, Field(pattern=r"^\d{12}$", description="12 digits in quotes")]
    region: Region
    protected: bool = True

    domain: Domain
    network: Network
    nova: Nova
    images: Images = Images()
    agents: Agents = Agents()
    client: TaskSize
    server: Server
    bot: Bot
    daily: Daily = Daily()
    drain: Drain = Drain()
    firewall: Firewall = Firewall()
    secrets: Secrets = Secrets()
    operations: Operations = Operations()
    tags: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_regions(self) -> Self:
        for zone in self.network.availability_zones:
            if zone[:-1] != self.region:
                raise WrongKeyError(
                    "network.availability_zones",
                    f"{zone!r} is no zone of {self.region}; use names such as {self.region}a",
                )
        if self.nova.region != self.region and self._has_endpoint("bedrock-runtime"):
            raise WrongKeyError(
                "network.interface_endpoints",
                f"an endpoint in {self.region} does not reach Bedrock in {self.nova.region}; "
                "take bedrock-runtime out or use one Region for both",
            )
        key = self.secrets.key_arn
        if key is not None and key.split(":")[3:5] != [self.region, self.account]:
            raise WrongKeyError(
                "secrets.key_arn",
                f"the key is not in account {self.account} and {self.region}; use one that is",
            )
        return self

    @property
    def prefix(self) -> str:
        """What the names of all stacks and named resources begin with."""
        return f"voice-agents-{self.name}"

    @property
    def parameter_prefix(self) -> str:
        """The Parameter Store path under which the secrets are."""
        return f"/voice-agents/{self.name}"

    @property
    def uses_daily(self) -> bool:
        """Whether callers may come through rooms on Daily, and jobs through the queue."""
        return "daily" in self.server.transports

    @property
    def max_calls(self) -> int:
        """How many calls are let in at once: more than there are places would only wait."""
        return min(self.nova.max_calls, self.bot.max_tasks * self.bot.sessions_per_task)

    @property
    def client_url(self) -> str:
        """The page's origin."""
        return f"https://{self.domain.client_name}"

    @property
    def api_url(self) -> str:
        """The connect server's origin."""
        return f"https://{self.domain.api_name}"

    def _has_endpoint(self, name: str) -> bool:
        return name in self.network.interface_endpoints
