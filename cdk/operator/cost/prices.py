"""List prices in us-east-1, US dollars, without tax, free tiers or discounts.

AWS's own pages load their figures by script, and this was written without access to them: each
figure was compared with a stored page that prints it, and `seen` says which, and of when. The
model's are in a file that the bot reads too: a call's transcript names the same cost.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

REGION = "us-east-1"
WRITTEN_ON = date(2026, 11, 21)
"""When these numbers were last compared. Do so again before you set a budget."""


@dataclass(frozen=True, slots=True)
class Price:
    """One price.

    Attributes:
        usd: For one unit.
        unit: What is counted.
        source: The page on aws.amazon.com, or of another seller, that decides.
        seen: Where the figure was read, and how old that page is.
    """

    usd: float
    unit: str
    source: str
    seen: str


_MODELS = Path(__file__).parents[3] / "services" / "common" / "prices.toml"
_token: dict[str, float] = tomllib.loads(_MODELS.read_text(encoding="utf-8"))["models"][
    "amazon.nova-2-5-sonic"
]

_FARGATE = "fargate/pricing"
_BALANCING = "elasticloadbalancing/pricing"
_VPC = "vpc/pricing"
_WATCH = "cloudwatch/pricing"
_WAF = "waf/pricing"
_LAMBDA = "lambda/pricing"
_BEDROCK = "bedrock/pricing"

_SEEN_ARM = "vantage.sh, fargate-pricing"
_SEEN_FARGATE = "wring.co, 2026-03"
_SEEN_BALANCING = "awsnegotiations.com, 2026-05"
_SEEN_NAT = "cloudburn.io, 2026-02"
_SEEN_NETWORK = "usage.ai, 2026-05"
_SEEN_WATCH = "factualminds.com, 2026-06"
_SEEN_WAF = "awsnegotiations.com, 2026"
_SEEN_LAMBDA = "wring.co, 2026-03"
_SEEN_MODEL = "AWS price list, 2026-10"
_SEEN_SPEECH = "rywalker.com, 2026"

VCPU_HOUR = {
    "arm64": Price(0.03238, "vCPU hour, arm64", _FARGATE, _SEEN_ARM),
    "x86_64": Price(0.04048, "vCPU hour, x86_64", _FARGATE, _SEEN_FARGATE),
}
GIB_HOUR = {
    "arm64": Price(0.00356, "GiB hour, arm64", _FARGATE, _SEEN_ARM),
    "x86_64": Price(0.004445, "GiB hour, x86_64", _FARGATE, _SEEN_FARGATE),
}
BALANCER_HOUR = Price(0.0225, "load balancer hour", _BALANCING, _SEEN_BALANCING)
CAPACITY_UNIT_HOUR = Price(0.008, "load balancer capacity unit hour", _BALANCING, _SEEN_BALANCING)
NAT_HOUR = Price(0.045, "NAT gateway hour", _VPC, _SEEN_NAT)
NAT_GB = Price(0.045, "GB through a NAT gateway", _VPC, _SEEN_NAT)
ENDPOINT_HOUR = Price(
    0.01, "interface endpoint hour and zone", "privatelink/pricing", _SEEN_NETWORK
)
ENDPOINT_GB = Price(0.01, "GB through an interface endpoint", "privatelink/pricing", _SEEN_NETWORK)
ADDRESS_HOUR = Price(0.005, "public IPv4 address hour", _VPC, _SEEN_NAT)
OUT_GB = Price(0.09, "GB to the Internet", "ec2/pricing/on-demand", "cloudpipelines, 2026")
BETWEEN_REGIONS_GB = Price(0.02, "GB to another Region", "ec2/pricing/on-demand", _SEEN_NETWORK)
ACL_MONTH = Price(5.0, "web ACL month", _WAF, _SEEN_WAF)
RULE_MONTH = Price(1.0, "WAF rule month", _WAF, _SEEN_WAF)
WAF_REQUEST = Price(0.60e-6, "request through WAF", _WAF, _SEEN_WAF)
KEY_MONTH = Price(1.0, "KMS key month", "kms/pricing", "AWS's page itself")
"""And as much again for the key's first and second rotation, a year and two years on."""
ALARM_MONTH = Price(0.10, "alarm month", _WATCH, _SEEN_WATCH)
METRIC_MONTH = Price(0.30, "custom metric month", _WATCH, "signoz.io, 2026-02")
INSIGHTS_METRIC_MONTH = Price(0.07, "Container Insights metric month", _WATCH, "fortem.dev")
DASHBOARD_MONTH = Price(3.0, "dashboard month", _WATCH, _SEEN_WATCH)
LOG_GB = Price(0.50, "GB of logs", _WATCH, _SEEN_WATCH)
TABLE_WRITE = Price(
    0.625e-6, "DynamoDB write unit", "dynamodb/pricing/on-demand", "airbyte.com, 2025-07"
)
QUEUE_REQUEST = Price(0.40e-6, "SQS request", "sqs/pricing", "cloudburn.io, 2026-03")
LAMBDA_REQUEST = Price(0.20e-6, "Lambda request", _LAMBDA, _SEEN_LAMBDA)
LAMBDA_GB_SECOND = {
    "arm64": Price(0.0000133334, "Lambda GB second, arm64", _LAMBDA, _SEEN_LAMBDA),
    "x86_64": Price(0.0000166667, "Lambda GB second, x86_64", _LAMBDA, _SEEN_LAMBDA),
}
SPEECH_IN = Price(_token["input_speech"], "token of speech heard", _BEDROCK, _SEEN_MODEL)
SPEECH_OUT = Price(_token["output_speech"], "token of speech spoken", _BEDROCK, _SEEN_SPEECH)
TEXT_IN = Price(_token["input_text"], "token of text read", _BEDROCK, _SEEN_MODEL)
TEXT_OUT = Price(_token["output_text"], "token of text written", _BEDROCK, _SEEN_MODEL)
DAILY_MINUTE = Price(
    0.004, "participant minute on Daily", "daily.co/pricing/video-sdk", "several projects, 2026"
)
"""With video, which the agent's face is; without any it is 0.00099. The first 10,000 a month are
free."""


def all_prices() -> list[Price]:
    """Every price above, in order."""
    found: list[Price] = []
    for name, value in globals().items():
        if isinstance(value, Price):
            found.append(value)
        elif name.isupper() and isinstance(value, dict):
            found.extend(value.values())
    return found
