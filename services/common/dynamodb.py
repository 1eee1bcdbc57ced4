"""One DynamoDB table, called from asyncio: plain Python values in and out, our errors, a deadline.

It knows nothing of sessions. boto3 blocks, so each call runs in a thread of the table's own: a slow
table then cannot starve the default executor, which also resolves host names.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    MetadataRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)

from services.common.errors import StoreError, StoreRefused, StoreUnavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

DEADLINE_SECONDS = 5.0
"""Of one call with all its attempts. The SDK's own limits end the thread some seconds later."""

CONFLICT_PAUSE_SECONDS = (0.02, 0.1)
"""Between tries of a write that met a transaction, which takes some milliseconds."""

THREADS = 8
"""Calls at once; boto3 keeps 10 connections."""

Item = dict[str, Any]

_REFUSALS = (
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "ResourceNotFoundException",
    "SerializationException",
    "UnrecognizedClientException",
    "ValidationException",
)
_FLEETING = (NoConnectionError, HTTPClientError, CredentialRetrievalError, MetadataRetrievalError)


class ConditionFailed(Exception):  # noqa: N818 - an outcome that callers expect, not an error
    """A conditional write was not made.

    Attributes:
        item: The item as it stands, None when there is none.
    """

    def __init__(self, item: Item | None) -> None:
        """Keeps the ``item`` that stood in the way."""
        super().__init__()
        self.item = item


class Table:
    """One table, with a deadline on every call.

    Every method raises `StoreUnavailable` or `StoreRefused`.
    """

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Uses ``client``, which may be shared, for the table called ``name``."""
        self._client = client
        self._name = name
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=name)

    async def get(self, key: Item) -> Item | None:
        """The item at ``key``, strongly consistent."""
        found = await self._call(
            lambda: self._client.get_item(
                TableName=self._name, Key=_marshal(key), ConsistentRead=True
            )
        )
        return _unmarshal(found.get("Item"))

    async def query(self, key: ConditionBase) -> list[Item]:
        """Every item that ``key`` selects, in sort key order, strongly consistent."""
        items: list[Item] = []
        request = _Expression().key(key)
        while True:
            page = await self._call(
                partial(self._client.query, TableName=self._name, ConsistentRead=True, **request)
            )
            items += [item for raw in page["Items"] if (item := _unmarshal(raw)) is not None]
            if not page.get("LastEvaluatedKey"):
                return items
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    async def put(self, item: Item) -> None:
        """Writes ``item`` whole; its None values are left out."""
        await self._call(lambda: self._client.put_item(TableName=self._name, Item=_marshal(item)))

    async def update(
        self,
        key: Item,
        *,
        when: ConditionBase,
        values: Mapping[str, object] | None = None,
        first: Mapping[str, object] | None = None,
        add: Mapping[str, int] | None = None,
        remove: tuple[str, ...] = (),
    ) -> Item:
        """Changes one item if it meets a condition.

        Args:
            key: The item's key.
            when: The condition; one on an attribute also keeps a missing item from being created.
            values: Attributes to set.
            first: Attributes to set only where they are absent.
            add: Numbers to raise.
            remove: Attributes to take away.

        Returns:
            The item after the change.

        Raises:
            ConditionFailed: The item does not meet ``when``. After a lost response the SDK's own
                retry meets our first attempt's work, so look at what is there before giving up.
        """
        expression = _Expression()
        request = expression.update(values or {}, first or {}, add or {}, remove)
        request |= expression.condition(when)
        done = await self._call(
            lambda: self._client.update_item(
                TableName=self._name,
                Key=_marshal(key),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        )
        return _unmarshal(done["Attributes"]) or {}

    async def put_if(self, item: Item, *, key: Item, when: ConditionBase) -> None:
        """Writes ``item`` whole if another item, at ``key``, meets ``when``, in one transaction.

        Raises:
            ConditionFailed: It does not.
        """
        check: Any = {
            "TableName": self._name,
            "Key": _marshal(key),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **_Expression().condition(when),
        }
        await self._call(
            lambda: self._client.transact_write_items(
                TransactItems=[
                    {"ConditionCheck": check},
                    {"Put": {"TableName": self._name, "Item": _marshal(item)}},
                ]
            )
        )

    async def _call[T](self, operation: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while True:
                    try:
                        return await self._in_thread(operation)
                    except ClientError as error:
                        if not _is_conflict(error):
                            raise _meaning(error) from error
                    await asyncio.sleep(random.uniform(*CONFLICT_PAUSE_SECONDS))  # noqa: S311
        except TimeoutError as error:
            raise StoreUnavailable("DeadlineExceeded") from error
        except BotoCoreError as error:
            kind = StoreUnavailable if isinstance(error, _FLEETING) else StoreRefused
            raise kind(type(error).__name__) from error

    async def _in_thread[T](self, operation: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, operation)


class _Expression:
    """Builds the expression parameters of one request, every name and value as a placeholder."""

    def __init__(self) -> None:
        self._builder = ConditionExpressionBuilder()
        self._names: dict[str, str] = {}
        self._values: Item = {}

    def key(self, condition: ConditionBase) -> dict[str, Any]:
        return self._built("KeyConditionExpression", condition, is_key=True)

    def condition(self, condition: ConditionBase) -> dict[str, Any]:
        return self._built("ConditionExpression", condition, is_key=False)

    def update(
        self,
        values: Mapping[str, object],
        first: Mapping[str, object],
        add: Mapping[str, int],
        remove: tuple[str, ...],
    ) -> dict[str, Any]:
        sets = [f"{self._name(n)} = {self._value(v)}" for n, v in values.items()]
        sets += [
            f"{(name := self._name(n))} = if_not_exists({name}, {self._value(v)})"
            for n, v in first.items()
        ]
        clauses = {
            "SET": sets,
            "ADD": [f"{self._name(n)} {self._value(v)}" for n, v in add.items()],
            "REMOVE": [self._name(n) for n in remove],
        }
        text = " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts)
        return {"UpdateExpression": text}

    def _built(self, parameter: str, condition: ConditionBase, *, is_key: bool) -> dict[str, Any]:
        built = self._builder.build_expression(condition, is_key_condition=is_key)
        return {
            parameter: built.condition_expression,
            "ExpressionAttributeNames": self._names | built.attribute_name_placeholders,
            "ExpressionAttributeValues": _marshal(
                self._values | built.attribute_value_placeholders
            ),
        }

    def _name(self, attribute: str) -> str:
        placeholder = f"#u{len(self._names)}"
        self._names[placeholder] = attribute
        return placeholder

    def _value(self, value: object) -> str:
        placeholder = f":u{len(self._values)}"
        self._values[placeholder] = value
        return placeholder


def _is_conflict(error: ClientError) -> bool:
    """Whether the write met a transaction on the same item; the SDK does not retry these."""
    response: dict[str, Any] = dict(error.response)
    codes = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
    return (
        response.get("Error", {}).get("Code") == "TransactionConflictException"
        or "TransactionConflict" in codes
    )


def _meaning(error: ClientError) -> StoreError | ConditionFailed:
    response: dict[str, Any] = dict(error.response)
    code = str(response.get("Error", {}).get("Code", "Unknown"))
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(_unmarshal(response.get("Item")))
    for reason in response.get("CancellationReasons", ()):
        if reason.get("Code") == "ConditionalCheckFailed":
            return ConditionFailed(_unmarshal(reason.get("Item")))
    return StoreRefused(code) if code in _REFUSALS else StoreUnavailable(code)


def _marshal(item: Item) -> dict[str, Any]:
    serializer = TypeSerializer()
    return {name: serializer.serialize(v) for name, v in item.items() if v is not None}


def _unmarshal(item: Mapping[str, Any] | None) -> Item | None:
    if not item:
        return None
    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(v) for name, v in item.items()}
