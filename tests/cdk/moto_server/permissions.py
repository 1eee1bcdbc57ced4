"""Refuses what a role's policies do not allow; moto itself lets everybody do everything.

Only the services that our code calls are looked at. Whoever is no assumed role may do all.
"""

import fnmatch
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from werkzeug.wrappers import Request, Response

_TABLE = "arn:aws:dynamodb:{region}:{account}:table/{name}"
_PARAMETER = "arn:aws:ssm:{region}:{account}:parameter/{name}"
_QUEUE = "arn:aws:sqs:{region}:{account}:{name}"

_IN_TRANSACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


class Permissions:
    """Stands in front of moto."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        """Passes on to ``app`` what is allowed."""
        self._app = app

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answers a request."""
        request = Request(environ)
        role = _role_of(request)
        if role is not None:
            for action, resource in _needs(request):
                if not _allows(_statements(role), action, resource):
                    return _refusal(role, action, resource)(environ, start_response)
        return self._app(environ, start_response)


def _role_of(request: Request) -> str | None:
    key = _credential(request, 0)
    for assumed in sts_backends[DEFAULT_ACCOUNT_ID]["aws"].assumed_roles:
        if assumed.access_key_id == key:
            return str(assumed.role_arn).rpartition("/")[2]
    return None


def _credential(request: Request, part: int) -> str:
    """Key, day, Region or service, from the signature."""
    found = re.search(r"Credential=([^,]+)", request.headers.get("Authorization", ""))
    return found[1].split("/")[part] if found else ""


def _needs(request: Request) -> Iterator[tuple[str, str]]:
    """Each action and resource that the request's caller has to be allowed."""
    api, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
    if not api.startswith(("AmazonSQS", "AmazonSSM", "DynamoDB_")):
        return
    content = request.get_data()
    request.environ["wsgi.input"] = io.BytesIO(content)
    asked = json.loads(content)
    if api == "AmazonSQS":
        queue = asked.get("QueueUrl", "*").rpartition("/")[2]
        found = [("sqs", operation, _QUEUE, queue)]
    elif api == "AmazonSSM":
        names = asked.get("Names") or [asked.get("Name", "*")]
        found = [("ssm", operation, _PARAMETER, name.removeprefix("/")) for name in names]
    elif "TransactItems" in asked:
        found = [
            ("dynamodb", _IN_TRANSACTIONS[kind], _TABLE, part["TableName"])
            for item in asked["TransactItems"]
            for kind, part in item.items()
        ]
    else:
        found = [("dynamodb", operation, _TABLE, asked.get("TableName", "*"))]
    region = _credential(request, 2)
    for service, action, form, name in found:
        arn = form.format(region=region, account=DEFAULT_ACCOUNT_ID, name=name)
        yield f"{service}:{action}", arn


def _statements(role: str) -> Iterator[dict[str, Any]]:
    found = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].get_role(role)
    attached = [policy.document for policy in found.managed_policies.values()]
    for document in (*found.policies.values(), *attached):
        yield from _listed(json.loads(document)["Statement"])


def _allows(statements: Iterable[dict[str, Any]], action: str, resource: str) -> bool:
    """IAM's rule, but that what has a condition allows nothing and forbids everything."""
    about = [
        statement
        for statement in statements
        if _matches(statement["Action"], action) and _matches(statement["Resource"], resource)
    ]
    effects = {
        statement["Effect"]
        for statement in about
        if statement["Effect"] == "Deny" or not statement.get("Condition")
    }
    return effects == {"Allow"}


def _matches(patterns: str | list[str], value: str) -> bool:
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in _listed(patterns))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - a policy's value
    return value if isinstance(value, list) else [value]


def _refusal(role: str, action: str, resource: str) -> Response:
    said = f"{role} is not authorized to perform: {action} on resource: {resource}"
    content = json.dumps({"__type": "AccessDeniedException", "message": said})
    return Response(content, status=400, content_type="application/x-amz-json-1.1")
