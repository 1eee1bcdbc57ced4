"""The CDK app: ``cdk deploy --all -c env=<name>`` deploys ``cdk/environments/<name>.toml``."""

import sys

from cdk.config import ConfigError, load_environment

USAGE_EXIT = 2


def main() -> int:
    """Synthesises one environment.

    Returns:
        The process's exit status.
    """
    from aws_cdk import App

    from cdk.deployment import Deployment
    from cdk.validation import add_validation

    app = App()
    try:
        Deployment(app, config=load_environment(app.node.try_get_context("env")))
    except ConfigError as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return USAGE_EXIT
    add_validation(app)
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
