"""Why a rule does not hold somewhere, written where it does not."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, rules: dict[str, str]) -> None:
    """Accepts findings about ``construct``: the reason by the rule's full id.

    An id that names a finding, such as ``AwsSolutions-IAM5[Resource::*]``, accepts only that one.
    """
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason=reason) for rule, reason in rules.items())
    )
