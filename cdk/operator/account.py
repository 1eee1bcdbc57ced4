"""The AWS account as the operator's own credentials see it; every call ends in seconds."""

import re
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from cdk.config import Environment

CONNECT_SECONDS = 3
READ_SECONDS = 6
ATTEMPTS = 2
"""In all; a person waits and may simply run the command again."""

AWS_ERRORS = (BotoCoreError, ClientError)

_LOGIN = re.compile("Token|SSO|Profile|Credential|SignatureDoesNotMatch")
"""In names of errors that go away by logging in, of STS, of SSO and of botocore itself."""

HOW_TO_LOG_IN = "log in (`aws sso login`), or set AWS_PROFILE, and try again"


class WrongAccountError(Exception):
    """The credentials do not belong to the account of the environment's file."""


class Account:
    """Clients for the environment's account and Region.

    Standard variables are honoured by boto3: profiles, credentials, ``AWS_ENDPOINT_URL``.
    """

    def __init__(self, config: Environment) -> None:
        """Looks nothing up yet."""
        self._config = config

    def client(self, service: str, *, region: str | None = None) -> Any:  # noqa: ANN401 - as above
        """A client of ``service``, in the deployment's Region unless another is named."""
        return self._session.client(
            service,
            region_name=region or self._config.region,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            ),
        )

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - only a few services' clients have types installed
        """Made at the first call, as it fails where AWS_PROFILE names no profile."""
        return boto3.Session(region_name=self._config.region)

    def identify(self) -> str:
        """Whose credentials these are, as an ARN.

        Raises:
            WrongAccountError: They are of another account.
            BotoCoreError: There are none, or AWS cannot be reached.
            ClientError: AWS refuses them.
        """
        who = self.client("sts").get_caller_identity()
        if who["Account"] != self._config.account:
            raise WrongAccountError(
                f"these credentials are of account {who['Account']}, but {self._config.name} is "
                f"in {self._config.account}; use credentials of that account, or correct "
                f"`account` in cdk/environments/{self._config.name}.toml"
            )
        return str(who["Arn"])


def why(error: Exception) -> str:
    """What went wrong with a call, in some words that repeat nothing that was sent."""
    if isinstance(error, NoCredentialsError):
        return f"there are no AWS credentials; {HOW_TO_LOG_IN}"
    name = type(error).__name__
    if isinstance(error, ClientError):
        name = str(error.response.get("Error", {}).get("Code", "Unknown"))
        if not _LOGIN.search(name):
            return f"{error.operation_name} was refused ({name})"
    if _LOGIN.search(name):
        return f"the AWS credentials are no good ({name}); {HOW_TO_LOG_IN}"
    return f"AWS could not be asked ({name}); check the network and try again"


def is_denied(error: Exception) -> bool:
    """Whether the caller merely lacks the permission to ask."""
    if not isinstance(error, ClientError):
        return False
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code.startswith(("AccessDenied", "UnauthorizedOperation"))
