"""What judges the templates on every synth: the CDK's own rules, ours, and cdk-nag's AwsSolutions.

One finding that is not acknowledged with a reason fails the synth.
"""

from pathlib import Path

from aws_cdk import App, CloudFormationValidatePlugin, ValidationRuleSource, Validations
from cdk_nag import AwsSolutionsChecks

RULES = Path(__file__).parent / "rules"


def add_validation(app: App) -> None:
    """Has every synth of ``app`` judged."""
    own = [
        ValidationRuleSource(name=path.stem, content=path.read_text(encoding="utf-8"))
        for path in sorted(RULES.glob("*.guard"))
    ]
    Validations.of(app).add_plugins(
        CloudFormationValidatePlugin(guard_rules=own), AwsSolutionsChecks(app)
    )
