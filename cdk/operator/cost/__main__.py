"""The command's face: environments side by side, then what the numbers rest on."""

import argparse
import sys
from collections.abc import Sequence

from cdk.config import ConfigError, Environment, load_environment
from cdk.operator.cost import prices
from cdk.operator.cost.assumptions import Call
from cdk.operator.cost.call import call_lines
from cdk.operator.cost.idle import idle_lines
from cdk.operator.cost.line import Line, total

USAGE_EXIT = 2
_ITEM = 30
_COLUMN = 14

_LEFT_OUT = (
    "Not counted: the hosted zone (0.50 a month), image storage, flow and access logs in S3, KMS "
    "requests, transcripts, tax."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the estimate.

    Returns:
        0, or 2 if an environment's file is no use.
    """
    parser = argparse.ArgumentParser(prog="make cost", description=__doc__)
    parser.add_argument("--env", required=True, help="an environment in cdk/environments")
    parser.add_argument("--calls", type=int, default=10_000, help="calls in a month")
    parser.add_argument("--minutes", type=float, default=Call().minutes, help="of a call")
    parser.add_argument("--daily", action="store_true", help="calls come through rooms on Daily")
    options = parser.parse_args(argv)
    if options.calls < 0 or options.minutes <= 0:
        parser.error("--calls is 0 or more, and --minutes more than 0")
    try:
        names = dict.fromkeys((options.env, "small", "large"))
        configs = [load_environment(name) for name in names]
    except ConfigError as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return USAGE_EXIT
    call = Call(minutes=options.minutes, on_daily=options.daily)
    sys.stdout.writelines(f"{line}\n" for line in report(configs, call=call, calls=options.calls))
    return 0


def report(configs: Sequence[Environment], *, call: Call, calls: int) -> list[str]:
    """The whole text, line by line."""
    idle = [idle_lines(config) for config in configs]
    each = [call_lines(config, call) for config in configs]
    months = [total(a) + calls * total(b) for a, b in zip(idle, each, strict=True)]
    lines = [
        _row("US dollars", *(config.name for config in configs)),
        *_table("A month, nobody calling", idle, digits=2),
        *_table(f"A call of {call.minutes:g} minutes", each, digits=5),
        "",
        _row(f"A month with {calls:,} calls", *(f"{month:,.2f}" for month in months)),
        *_basis(call),
    ]
    others = sorted({config.region for config in configs} - {prices.REGION})
    if others:
        lines.append(f"The prices are {prices.REGION}'s: {', '.join(others)} may be dearer.")
    return lines


def _table(title: str, columns: Sequence[list[Line]], *, digits: int) -> list[str]:
    """Items as rows; every column has the same ones."""
    rows = ["", title]
    for cells in zip(*columns, strict=True):
        amounts = (f"{cell.usd:,.{digits}f}" if cell.usd else "-" for cell in cells)
        rows.append(_row(f"  {cells[0].item}", *amounts))
    rows.append(_row("  together", *(f"{total(column):,.{digits}f}" for column in columns)))
    return rows


def _basis(call: Call) -> list[str]:
    return [
        "",
        "Assumptions",
        *(f"  {what:{_ITEM}}{value}" for what, value in call.told()),
        "",
        f"List prices in {prices.REGION}, compared on {prices.WRITTEN_ON} with what is named last; "
        "aws.amazon.com/… decides",
        *(
            f"  {price.unit:{_ITEM + 4}}{_plain(price.usd):>14}  {price.source:{_ITEM}}{price.seen}"
            for price in prices.all_prices()
        ),
        "",
        _LEFT_OUT,
    ]


def _plain(usd: float) -> str:
    return f"{usd:.10f}".rstrip("0").rstrip(".")


def _row(item: str, *cells: str) -> str:
    return f"{item:{_ITEM}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
