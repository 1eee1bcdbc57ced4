"""The environment's SecureStrings in Parameter Store. Values go in; none is ever read back here."""

from dataclasses import dataclass

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.known_secrets import KNOWN_SECRETS, KnownSecret

_OWN_KEY = "alias/aws/ssm"


@dataclass(frozen=True, slots=True)
class StoredParameter:
    """What Parameter Store says of a parameter, without its value.

    Attributes:
        type: SecureString, String or StringList.
        key: The KMS key that it is encrypted with, in whatever form it was named.
    """

    type: str
    key: str


class Parameters:
    """Names, states and writing of an environment's secrets."""

    def __init__(self, config: Environment, account: Account) -> None:
        """Asks nothing yet."""
        self._config = config
        self._ssm = account.client("ssm")

    def path(self, name: str) -> str:
        """A secret's full name."""
        return f"{self._config.parameter_prefix}/{name}"

    def stored(self) -> dict[str, StoredParameter]:
        """Those of the known secrets that exist, by their short names."""
        answer = self._ssm.describe_parameters(
            ParameterFilters=[
                {
                    "Key": "Name",
                    "Option": "Equals",
                    "Values": [self.path(secret.name) for secret in KNOWN_SECRETS],
                }
            ],
            MaxResults=50,
        )
        return {
            parameter["Name"].rsplit("/", 1)[1]: StoredParameter(
                parameter["Type"], parameter.get("KeyId", "")
            )
            for parameter in answer["Parameters"]
        }

    def problems(self, stored: dict[str, StoredParameter]) -> list[str]:
        """One sentence for each secret that the services could not start with."""
        found = [self._problem(secret, stored) for secret in KNOWN_SECRETS]
        return [problem for problem in found if problem]

    def store(self, secret: KnownSecret, value: str, *, replaces: bool) -> None:
        """Writes ``value``, encrypted with the configured key."""
        key = self._config.secrets.key_arn
        self._ssm.put_parameter(
            Name=self.path(secret.name),
            Value=value,
            Type="SecureString",
            Description=f"Voice agents, {self._config.name}: {secret.purpose}",
            **({"KeyId": key} if key else {}),
            # Tags can only be given to a new parameter.
            **({"Overwrite": True} if replaces else {"Tags": self._tags()}),
        )

    def _problem(self, secret: KnownSecret, stored: dict[str, StoredParameter]) -> str | None:
        path = self.path(secret.name)
        found = stored.get(secret.name)
        partner = secret.together_with
        if found is None:
            if secret.is_required(self._config):
                return f"{path} is missing ({secret.purpose})"
            if partner in stored:
                return f"{path} is missing, and {partner} is of no use without it"
            return None
        if found.type != "SecureString":
            return (
                f"{path} is a {found.type}, which is not encrypted; replace the secret where it "
                f"comes from, `aws ssm delete-parameter --name {path}`, then store it again"
            )
        wanted = self._config.secrets.key_arn or _OWN_KEY
        if found.key.rsplit("/", 1)[-1] != wanted.rsplit("/", 1)[-1]:
            return f"{path} is encrypted with {found.key}, not with {wanted}; store it again"
        return None

    def _tags(self) -> list[dict[str, str]]:
        tags = {**self._config.tags, "voice-agents:environment": self._config.name}
        return [{"Key": key, "Value": value} for key, value in tags.items()]
