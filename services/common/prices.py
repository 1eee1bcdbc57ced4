"""What tokens cost, read from `prices.toml`, which the CDK's estimate reads too."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, NonNegativeInt

FILE = Path(__file__).with_suffix(".toml")


class Tokens(BaseModel):
    """Tokens, as Nova Sonic counts them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    input_speech: NonNegativeInt = 0
    input_text: NonNegativeInt = 0
    output_speech: NonNegativeInt = 0
    output_text: NonNegativeInt = 0

    def __add__(self, other: "Tokens") -> Self:
        return self._with(other, 1)

    def __sub__(self, other: "Tokens") -> Self:
        return self._with(other, -1)

    def _with(self, other: "Tokens", sign: int) -> Self:
        mine, theirs = self.model_dump(), other.model_dump()
        return type(self)(**{kind: max(0, mine[kind] + sign * theirs[kind]) for kind in mine})


class ModelPrice(BaseModel):
    """US dollars a token, by kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input_speech: float
    input_text: float
    output_speech: float
    output_text: float

    def cost(self, tokens: Tokens) -> float:
        """What so many tokens cost, in US dollars."""
        mine = self.model_dump()
        return float(sum(mine[kind] * count for kind, count in tokens.model_dump().items()))


class PriceList(BaseModel):
    """List prices.

    Attributes:
        compared_on: When somebody last held them against AWS's page.
        models: A price for each model id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    compared_on: date
    models: dict[str, ModelPrice]


@cache
def price_list() -> PriceList:
    """The list that the code was built with."""
    return PriceList.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
