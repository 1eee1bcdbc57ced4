"""AWS's list prices in us-east-1, US dollars, without tax, free tiers or discounts."""

from dataclasses import dataclass
from datetime import date

REGION = "us-east-1"
WRITTEN_ON = date(2026, 11, 21)
"""When these numbers were put here. They are not fetched: compare them before you set a budget."""


@dataclass(frozen=True, slots=True)
class Price:
    """One price.

    Attributes:
        usd: For one unit.
        unit: What is counted.
        source: The page on aws.amazon.com to compare it with.
    """

    usd: float
    unit: str
    source: str


_FARGATE = "fargate/pricing"
_BALANCING = "elasticloadbalancing/pricing"
_VPC = "vpc/pricing"
_WATCH = "cloudwatch/pricing"
_WAF = "waf/pricing"
_LAMBDA = "lambda/pricing"
_BEDROCK = "bedrock/pricing"

VCPU_HOUR = {
    "arm64": Price(0.03238, "vCPU hour, arm64", _FARGATE),
    "x86_64": Price(0.04048, "vCPU hour, x86_64", _FARGATE),
}
GIB_HOUR = {
    "arm64": Price(0.00356, "GiB hour, arm64", _FARGATE),
    "x86_64": Price(0.004445, "GiB hour, x86_64", _FARGATE),
}
BALANCER_HOUR = Price(0.0225, "load balancer hour", _BALANCING)
CAPACITY_UNIT_HOUR = Price(0.008, "load balancer capacity unit hour", _BALANCING)
NAT_HOUR = Price(0.045, "NAT gateway hour", _VPC)
NAT_GB = Price(0.045, "GB through a NAT gateway", _VPC)
ENDPOINT_HOUR = Price(0.01, "interface endpoint hour and zone", _VPC)
ENDPOINT_GB = Price(0.01, "GB through an interface endpoint", _VPC)
ADDRESS_HOUR = Price(0.005, "public IPv4 address hour", _VPC)
OUT_GB = Price(0.09, "GB to the Internet", "ec2/pricing/on-demand")
BETWEEN_REGIONS_GB = Price(0.02, "GB to another Region", "ec2/pricing/on-demand")
ACL_MONTH = Price(5.0, "web ACL month", _WAF)
RULE_MONTH = Price(1.0, "WAF rule month", _WAF)
WAF_REQUEST = Price(0.60e-6, "request through WAF", _WAF)
KEY_MONTH = Price(1.0, "KMS key month", "kms/pricing")
ALARM_MONTH = Price(0.10, "alarm month", _WATCH)
METRIC_MONTH = Price(0.30, "custom metric month", _WATCH)
INSIGHTS_METRIC_MONTH = Price(0.07, "Container Insights metric month", _WATCH)
DASHBOARD_MONTH = Price(3.0, "dashboard month", _WATCH)
LOG_GB = Price(0.50, "GB of logs", _WATCH)
TABLE_WRITE = Price(0.625e-6, "DynamoDB write unit", "dynamodb/pricing/on-demand")
LAMBDA_REQUEST = Price(0.20e-6, "Lambda request", _LAMBDA)
LAMBDA_GB_SECOND = {
    "arm64": Price(0.0000133334, "Lambda GB second, arm64", _LAMBDA),
    "x86_64": Price(0.0000166667, "Lambda GB second, x86_64", _LAMBDA),
}
SPEECH_IN = Price(0.003e-3, "token of speech heard", _BEDROCK)
SPEECH_OUT = Price(0.012e-3, "token of speech spoken", _BEDROCK)
TEXT_IN = Price(0.33e-6, "token of text read", _BEDROCK)
TEXT_OUT = Price(2.75e-6, "token of text written", _BEDROCK)
"""Nova 2 Sonic's and Nova 2.5 Sonic's, standard tier."""


def all_prices() -> list[Price]:
    """Every price above, in order."""
    found: list[Price] = []
    for name, value in globals().items():
        if isinstance(value, Price):
            found.append(value)
        elif name.isupper() and isinstance(value, dict):
            found.extend(value.values())
    return found
