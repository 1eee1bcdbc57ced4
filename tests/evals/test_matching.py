"""What was said and called is compared as a person would."""

import pytest

from tests.evals.call import Called
from tests.evals.conversations import ExpectedCall, ExpectedTurn
from tests.evals.matching import same, told
from tests.evals.runner import missing


def test_wrong_arguments_are_told() -> None:
    expected = ExpectedCall(tool="track_order", arguments={"order_number": "1138"})
    called = [Called("track_order", {"order_number": "4217"})]
    assert missing(ExpectedTurn(says="", calls=(expected,)), "", called) == [
        'calls track_order with {"order_number": "4217"}, not {"order_number": "1138"}'
    ]


@pytest.mark.parametrize(
    ("expected", "text", "fits"),
    [
        ("4217", "It is order four, two, one, seven.", True),
        ("4217", "Order 4 2 1 7!", True),
        ("4217", "order 14217", False),
        ("on its way | shipped", "It has SHIPPED.", True),
        ("it's", "its", True),
        ("kettle", "kettles", True),
        ("kettle", "teakettle", False),
    ],
)
def test_what_is_told_may_be_put_in_other_ways(expected: str, text: str, fits: bool) -> None:
    assert told(expected, text) is fits


def test_arguments_may_be_written_in_other_ways() -> None:
    assert same("4217", "4 2 1 7")
    assert same("Asia/Tokyo", "asia/tokyo")
    assert same("*", "anything")
    assert not same("4217", "4218")
