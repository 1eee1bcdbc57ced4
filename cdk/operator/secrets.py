"""`make secrets ENV=…`: asks for the secrets of an environment and stores them.

A value is typed, never shown, never an argument, and goes nowhere but to Parameter Store.
"""

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence

from cdk.config import ConfigError, Environment, load_environment
from cdk.operator.account import AWS_ERRORS, Account, WrongAccountError, why
from cdk.operator.known_secrets import KNOWN_SECRETS, KnownSecret
from cdk.operator.parameters import Parameters, StoredParameter

USAGE_EXIT = 2
_ATTEMPTS = 3

Ask = Callable[[str], str]


def main(argv: Sequence[str] | None = None, *, ask: Ask = getpass.getpass) -> int:
    """Runs the command.

    Args:
        argv: Its arguments, without the program's name.
        ask: Shows a prompt and reads a line that is not echoed.

    Returns:
        0 if every secret is in place, 1 if not, 2 if the command cannot begin.
    """
    parser = argparse.ArgumentParser(prog="make secrets", description=__doc__)
    parser.add_argument("--env", required=True, help="an environment in cdk/environments")
    parser.add_argument("--check", action="store_true", help="say what is missing, ask nothing")
    options = parser.parse_args(argv)
    try:
        config = load_environment(options.env)
    except ConfigError as error:
        return _fail("\n".join(error.problems))
    if not options.check and ask is getpass.getpass and not sys.stdin.isatty():
        return _fail("Secrets are typed at a terminal, and this is none; --check needs none.")
    account = Account(config)
    try:
        account.identify()
        parameters = Parameters(config, account)
        if not options.check:
            _ask_for_all(config, parameters, ask)
        return _report(config, parameters)
    except WrongAccountError as error:
        return _fail(f"Nothing stored: {error}.")
    except AWS_ERRORS as error:
        return _fail(f"Stopped: {why(error)}.")
    except (KeyboardInterrupt, EOFError):
        return _fail("\nStopped; what was stored until now stays.")


def _ask_for_all(config: Environment, parameters: Parameters, ask: Ask) -> None:
    key = config.secrets.key_arn or "the account's own key, aws/ssm"
    _say(f"Secrets of {config.name}, account {config.account}, {config.region}.")
    _say(f"What you type is not shown. It is encrypted with {key}.\n")
    stored = parameters.stored()
    for secret in KNOWN_SECRETS:
        if not secret.is_of_use(config):
            continue
        value = _ask_for(secret, config, stored.get(secret.name), ask)
        if value:
            parameters.store(secret, value, replaces=secret.name in stored)
            _say(f"  stored as {parameters.path(secret.name)}")


def _ask_for(
    secret: KnownSecret, config: Environment, found: StoredParameter | None, ask: Ask
) -> str:
    """A value of the right form, or nothing where the person keeps or leaves out the secret."""
    required = secret.is_required(config)
    empty = "Enter keeps it" if found else "" if required else "Enter goes on without"
    _say(f"{secret.name}: {secret.purpose}" + (f" ({empty})" if empty else ""))
    for _ in range(_ATTEMPTS):
        value = ask("  > ")
        if not value and empty:
            return ""
        problem = secret.problem(value)
        if problem is None:
            return value
        _say(f"  {problem}")
    _say(f"  {secret.name} is left as it was")
    return ""


def _report(config: Environment, parameters: Parameters) -> int:
    stored = parameters.stored()
    problems = parameters.problems(stored)
    for problem in problems:
        _say(f"✗ {problem}: make secrets ENV={config.name}")
    if problems:
        return 1
    names = ", ".join(secret.name for secret in KNOWN_SECRETS if secret.name in stored)
    _say(f"✓ Everything that {config.name} needs is stored: {names}.")
    _say("  Tasks read secrets when they start: cdk/README.md, “Rotate a secret”.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return USAGE_EXIT


if __name__ == "__main__":
    sys.exit(main())
