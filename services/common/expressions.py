"""What DynamoDB's requests are made of: its form of items, expressions, parts of a transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]


class Write(Protocol):
    """One part of a transaction; no two may be of one item."""

    def request(self, table: str) -> dict[str, Any]:
        """The part as TransactWriteItems takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Writes an item whole, where ``when`` is given only if what is there meets that.

    None values are left out.
    """

    item: Item
    when: ConditionBase | None = None

    def request(self, table: str) -> dict[str, Any]:
        """The part as TransactWriteItems takes it."""
        put = {"TableName": table, "Item": marshal(self.item)}
        return {"Put": put | Expression().condition(self.when)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Changes an item, where ``when`` is given only if it meets that, or makes it.

    `Table.update` says what the other attributes are.
    """

    key: Item
    when: ConditionBase | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    first: Mapping[str, object] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    def request(self, table: str) -> dict[str, Any]:
        """The part as TransactWriteItems takes it."""
        expression = Expression()
        changes = expression.update(
            values=self.values, first=self.first, add=self.add, remove=self.remove
        )
        condition = expression.condition(self.when)
        return {"Update": _addressed(table, self.key) | changes | condition}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Takes an item away that meets a condition."""

    key: Item
    when: ConditionBase

    def request(self, table: str) -> dict[str, Any]:
        """The part as TransactWriteItems takes it."""
        return {"Delete": _addressed(table, self.key) | Expression().condition(self.when)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Changes nothing, and asks for a condition."""

    key: Item
    when: ConditionBase

    def request(self, table: str) -> dict[str, Any]:
        """The part as TransactWriteItems takes it."""
        return {"ConditionCheck": _addressed(table, self.key) | Expression().condition(self.when)}


class Expression:
    """Builds the expression parameters of one request, every name and value as a placeholder."""

    def __init__(self) -> None:
        """Begins with no placeholder."""
        self._builder = ConditionExpressionBuilder()
        self._names: dict[str, str] = {}
        self._values: Item = {}

    def key(self, condition: ConditionBase) -> dict[str, Any]:
        """Which items a query selects."""
        return self._built("KeyConditionExpression", condition, is_key=True)

    def condition(self, condition: ConditionBase | None) -> dict[str, Any]:
        """What an item has to meet, and the placeholders of this and of `update` before it."""
        if condition is None:
            return self._placeholders({}, {})
        return self._built("ConditionExpression", condition, is_key=False)

    def update(
        self,
        *,
        values: Mapping[str, object] | None = None,
        first: Mapping[str, object] | None = None,
        add: Mapping[str, int] | None = None,
        remove: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """How an item changes; `Table.update` says what the arguments are."""
        sets = [f"{self._name(n)} = {self._value(v)}" for n, v in (values or {}).items()]
        sets += [
            f"{(name := self._name(n))} = if_not_exists({name}, {self._value(v)})"
            for n, v in (first or {}).items()
        ]
        clauses = {
            "SET": sets,
            "ADD": [f"{self._name(n)} {self._value(v)}" for n, v in (add or {}).items()],
            "REMOVE": [self._name(n) for n in remove],
        }
        text = " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts)
        return {"UpdateExpression": text}

    def _built(self, parameter: str, condition: ConditionBase, *, is_key: bool) -> dict[str, Any]:
        built = self._builder.build_expression(condition, is_key_condition=is_key)
        return {parameter: built.condition_expression} | self._placeholders(
            built.attribute_name_placeholders, built.attribute_value_placeholders
        )

    def _placeholders(self, names: Mapping[str, str], values: Item) -> dict[str, Any]:
        every = {
            "ExpressionAttributeNames": self._names | dict(names),
            "ExpressionAttributeValues": marshal(self._values | values),
        }
        # DynamoDB refuses an empty map.
        return {parameter: value for parameter, value in every.items() if value}

    def _name(self, attribute: str) -> str:
        placeholder = f"#u{len(self._names)}"
        self._names[placeholder] = attribute
        return placeholder

    def _value(self, value: object) -> str:
        placeholder = f":u{len(self._values)}"
        self._values[placeholder] = value
        return placeholder


def marshal(item: Item) -> dict[str, Any]:
    """Plain values in DynamoDB's form; None values are left out."""
    serializer = TypeSerializer()
    return {name: serializer.serialize(v) for name, v in item.items() if v is not None}


def unmarshal(item: Mapping[str, Any] | None) -> Item | None:
    """Plain values again; None where there is no item."""
    if not item:
        return None
    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(v) for name, v in item.items()}


def _addressed(table: str, key: Item) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": marshal(key),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
