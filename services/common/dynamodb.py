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

from boto3.dynamodb.conditions import ConditionBase
from botocore.exceptions import BotoCoreError, ClientError

from services.common import aws
from services.common.errors import StoreError, StoreRefused, StoreUnavailable
from services.common.expressions import Check, Expression, Item, Put, Write, marshal, unmarshal

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

__all__ = ["ConditionFailed", "Item", "Table"]

DEADLINE_SECONDS = 5.0
"""Of one call with all its attempts. The SDK's own limits end the thread some seconds later."""

CONFLICT_PAUSE_SECONDS = (0.02, 0.1)
"""Between tries of a write that met a transaction, which takes some milliseconds.

Longer pauses with each try made waits longer in a simulation of writers of one item, not shorter.
"""

THREADS = 8
"""Calls at once; boto3 keeps 10 connections."""

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


class ConditionFailed(Exception):  # noqa: N818 - an outcome that callers expect, not an error
    """A conditional write was not made.

    Attributes:
        item: The item as it stands, None when there is none. Of a transaction the first such one.
        failed: Which writes' conditions failed, by their places in the transaction, each with its
            item as it stands; a write alone is at 0.
    """

    def __init__(self, failed: Mapping[int, Item | None]) -> None:
        """Keeps the items that stood in the way."""
        super().__init__()
        self.failed = dict(failed)
        self.item = self.failed[min(self.failed)]


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
                TableName=self._name, Key=marshal(key), ConsistentRead=True
            )
        )
        return unmarshal(found.get("Item"))

    async def query(self, key: ConditionBase, *, most: int | None = None) -> list[Item]:
        """The items that ``key`` selects, in sort key order, strongly consistent.

        Args:
            key: A condition on the partition key, and perhaps on the sort key.
            most: How many to read; None reads all.
        """
        items: list[Item] = []
        request = Expression().key(key) | ({"Limit": most} if most else {})
        while True:
            page = await self._call(
                partial(self._client.query, TableName=self._name, ConsistentRead=True, **request)
            )
            items += [item for raw in page["Items"] if (item := unmarshal(raw)) is not None]
            if not page.get("LastEvaluatedKey") or (most and len(items) >= most):
                return items
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    async def put(self, item: Item) -> None:
        """Writes ``item`` whole; its None values are left out."""
        await self._call(lambda: self._client.put_item(TableName=self._name, Item=marshal(item)))

    async def delete(self, key: Item) -> None:
        """Takes the item at ``key`` away, if there is one."""
        await self._call(lambda: self._client.delete_item(TableName=self._name, Key=marshal(key)))

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
        expression = Expression()
        request = expression.update(values=values, first=first, add=add, remove=remove)
        request |= expression.condition(when)
        done = await self._call(
            lambda: self._client.update_item(
                TableName=self._name,
                Key=marshal(key),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        )
        return unmarshal(done["Attributes"]) or {}

    async def put_if(self, item: Item, *, key: Item, when: ConditionBase) -> None:
        """Writes ``item`` whole if another item, at ``key``, meets ``when``, in one transaction.

        Raises:
            ConditionFailed: It does not.
        """
        await self.transact(Check(key=key, when=when), Put(item=item))

    async def transact(self, *writes: Write) -> None:
        """Makes up to 100 writes of as many items, all or none.

        boto3 gives each call a ``ClientRequestToken``, so its own retry after a lost response is
        the same transaction and succeeds where the first attempt did (for 10 minutes).

        Raises:
            ConditionFailed: An item does not meet its write's condition.
        """
        parts: Any = [write.request(self._name) for write in writes]
        await self._call(lambda: self._client.transact_write_items(TransactItems=parts))

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
            kind = StoreUnavailable if isinstance(error, aws.FLEETING) else StoreRefused
            raise kind(type(error).__name__) from error

    async def _in_thread[T](self, operation: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, operation)


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
        return ConditionFailed({0: unmarshal(response.get("Item"))})
    failed = {
        place: unmarshal(reason.get("Item"))
        for place, reason in enumerate(response.get("CancellationReasons", ()))
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if failed:
        return ConditionFailed(failed)
    return StoreRefused(code) if code in _REFUSALS else StoreUnavailable(code)
