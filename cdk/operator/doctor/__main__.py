"""The command's face: a line a finding, and an exit status."""

import argparse
import sys
from collections.abc import Sequence

from cdk.config import ConfigError, load_environment
from cdk.operator.doctor.diagnosis import diagnose
from cdk.operator.doctor.domain import RESOLVER
from cdk.operator.doctor.finding import Finding

USAGE_EXIT = 2
_WIDTH = 16


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the checks.

    Returns:
        0 if the environment can be deployed, 1 if not or not known, 2 if its file is no use.
    """
    parser = argparse.ArgumentParser(prog="make doctor", description=__doc__)
    parser.add_argument("--env", required=True, help="an environment in cdk/environments")
    parser.add_argument("--resolver", default=RESOLVER, help="a resolver that speaks DNS as JSON")
    options = parser.parse_args(argv)
    try:
        config = load_environment(options.env)
    except ConfigError as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return USAGE_EXIT
    sys.stdout.write(f"{config.name}: account {config.account}, {config.region}\n")
    blocking = 0
    for finding in diagnose(config, resolver=options.resolver):
        sys.stdout.write(_line(finding))
        sys.stdout.flush()
        blocking += finding.level.blocks
    if blocking:
        sys.stdout.write(f"\nNot ready: {blocking} to see to before `make deploy`.\n")
        return 1
    sys.stdout.write(f"\nReady: make deploy ENV={config.name}\n")
    return 0


def _line(finding: Finding) -> str:
    return f"{finding.level} {finding.subject:{_WIDTH}} {finding.sentence}\n"


if __name__ == "__main__":
    sys.exit(main())
