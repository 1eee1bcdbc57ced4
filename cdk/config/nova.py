"""Which Nova Sonic models there are, where, and until when."""

from datetime import date
from typing import NamedTuple


class Model(NamedTuple):
    """One model as Amazon Bedrock offers it.

    Attributes:
        regions: Where it can be called.
        end_of_life: From when on it answers no more; None while no date is announced.
    """

    regions: tuple[str, ...]
    end_of_life: date | None = None


MODELS = {
    "amazon.nova-2-5-sonic": Model(("us-east-1", "us-west-2", "eu-north-1", "ap-northeast-1")),
    "amazon.nova-2-sonic-v1:0": Model(("us-east-1", "us-west-2", "eu-north-1", "ap-northeast-1")),
    "amazon.nova-sonic-v1:0": Model(
        ("us-east-1", "eu-north-1", "ap-northeast-1"), end_of_life=date(2026, 9, 14)
    ),
}
"""Nova 2.5 Sonic's Regions: AWS's announcement of 2026-10-05, which gives no id; the id is the one
that Pipecat 1.14 and AWS's own Strands Agents use. Nova 2 Sonic, of 2025-12-02: the model's card in
the Amazon Bedrock user guide. Nova Sonic's end: "Model lifecycle" there."""
