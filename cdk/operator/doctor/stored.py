"""Are the secrets in place, and does Daily take its key?"""

import os

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.doctor.finding import Finding, good, unknown, wrong
from cdk.operator.doctor.web import WebError, get_json
from cdk.operator.known_secrets import KNOWN_SECRETS
from cdk.operator.parameters import Parameters

DAILY_URL = "https://api.daily.co/v1"


def check_secrets(config: Environment, account: Account) -> list[Finding]:
    """Every SecureString that the services need is there, encrypted as configured."""
    parameters = Parameters(config, account)
    stored = parameters.stored()
    problems = parameters.problems(stored)
    if problems:
        return [wrong("secrets", f"{text}: make secrets ENV={config.name}") for text in problems]
    names = [secret.name for secret in KNOWN_SECRETS if secret.name in stored]
    return [good("secrets", f"{', '.join(names)} under {config.parameter_prefix}")]


def check_daily_key(config: Environment, account: Account) -> list[Finding]:
    """Daily takes the key that is stored, where callers come through Daily."""
    if not config.uses_daily:
        return [good("Daily key", "none is needed")]
    subject = "Daily key"
    path = f"{config.parameter_prefix}/DAILY_API_KEY"
    ssm = account.client("ssm")
    try:
        key = ssm.get_parameter(Name=path, WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return [wrong(subject, f"there is no {path} to try: make secrets ENV={config.name}")]
    url = os.environ.get("DAILY_API_URL", DAILY_URL).rstrip("/")
    try:
        answer = get_json(f"{url}/", headers={"Authorization": f"Bearer {key}"})
    except WebError as error:
        if error.status in (400, 401, 403):
            return [
                wrong(
                    subject,
                    f"Daily refuses {path}: copy the key from dashboard.daily.co, Developers",
                )
            ]
        return [unknown(subject, f"{url} did not answer ({error}): try again")]
    domain = answer.get("domain_name", "a domain") if isinstance(answer, dict) else "a domain"
    return [good(subject, f"is of {domain}")]
