"""What a role may do is what the code does: the calls are read from the services' source."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import Environment as Target

from cdk.config import load_environment
from cdk.config.parts import Secrets
from cdk.services import bot, server
from cdk.services.grants import secret_statements
from services.common.calls import archive
from tests.cdk.templates import Templates, as_list

ROOT = Path(__file__).parents[2] / "services"

_ACTIONS: dict[str, set[str]] = {
    "delete_item": {"DeleteItem"},
    "get_item": {"GetItem"},
    "put_item": {"PutItem"},
    "query": {"Query"},
    "update_item": {"UpdateItem"},
    # A transaction is allowed by the actions of its parts.
    "transact_write_items": set(),
}
_PARTS = {
    "Check": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
_CLASSES = {
    "_budget": ("Budget", "budget.py"),
    "_table": ("Table", "dynamodb.py"),
    "calls": ("CallStore", "calls/store.py"),
    "jobs": ("JobQueue", "jobs.py"),
    "store": ("SessionStore", "sessions.py"),
}
"""Which class is behind an attribute, and its file."""


@cache
def parts_of(owner: str) -> dict[str, ast.AST]:
    """The methods of the class behind an attribute and what else its file defines, by name."""
    cls, file = _CLASSES[owner]
    tree = ast.parse((ROOT / "common" / file).read_text())
    (body,) = (n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {n.name: n for n in [*tree.body, *body] if isinstance(n, kinds) and n.name != cls}


def actions_of(owner: str, part: str) -> set[str]:
    """DynamoDB's actions behind one method, those of what it calls included."""
    found: set[str] = set()
    for node in ast.walk(parts_of(owner)[part]):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in _PARTS:
                found.add(_PARTS[name])
            case ast.Name(id=name) if name in parts_of(owner) and name != part:
                found |= actions_of(owner, name)
            case ast.Attribute(value=ast.Name(id="self"), attr=own) if own in parts_of(owner):
                found |= actions_of(owner, own)
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=one), attr=call):
                if one == "_client":
                    found |= _ACTIONS[call]
                elif one in _CLASSES:
                    found |= actions_of(one, call)
    return found


def used_methods(service: str, owner: str, names: tuple[str, ...]) -> set[str]:
    """Methods of a class that a service's files call, by the names that they have for it."""
    methods = parts_of(owner).keys()
    return {
        node.func.attr
        for file in (ROOT / service).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in methods
        and ast.unparse(node.func.value).split(".")[-1] in names
    }


@pytest.mark.parametrize(
    ("service", "granted"), [("server", server.SESSION_ACTIONS), ("bot", bot.SESSION_ACTIONS)]
)
def test_a_service_may_do_to_session_records_what_its_code_does(
    service: str, granted: tuple[str, ...]
) -> None:
    used = used_methods(service, "store", ("store", "sessions", "_sessions"))
    kept = used_methods(service, "calls", ("calls", "_calls"))
    assert used
    called = {("store", method) for method in used} | {("calls", method) for method in kept}
    assert set().union(*(actions_of(*call) for call in called)) == set(granted)


def test_the_bot_may_remember_callers_with_what_it_may_do_to_session_records() -> None:
    store = ast.parse((ROOT / "bot" / "memory" / "store.py").read_text())
    used = {
        node.attr
        for node in ast.walk(store)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self._table"
    }
    assert used == {"delete", "put", "query"}
    assert set().union(*(actions_of("_table", call) for call in used)) <= set(bot.SESSION_ACTIONS)


def test_the_bot_writes_files_of_calls_and_reads_none(large: Templates) -> None:
    tree = ast.parse((ROOT / "common" / "calls" / "archive.py").read_text())
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self._client"
    }
    assert called == {"put_object", "delete_object"}
    allowed = {
        as_list(statement["Action"])[0]: [
            resource["Fn::Join"][1][1] for resource in as_list(statement["Resource"])
        ]
        for id, statement in large.statements()
        if id.startswith("BotTaskRole") and as_list(statement["Action"])[0].startswith("s3:")
    }
    assert allowed == {
        "s3:PutObject": [f"/{archive.RECORDINGS}*", f"/{archive.TRANSCRIPTS}*"],
        "s3:DeleteObject": [f"/{archive.RECORDINGS}*"],
    }


def queue_actions_of(method: str) -> set[str]:
    """SQS's actions behind one method of the jobs queue, named as boto3's calls are in small."""
    found: set[str] = set()
    for node in ast.walk(parts_of("jobs")[method]):
        match node:
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=client), attr=c):
                if client in ("_client", "_waiting"):
                    found.add("".join(word.capitalize() for word in c.split("_")))
            case ast.Attribute(value=ast.Name(id="self"), attr=own) if own in parts_of("jobs"):
                found |= queue_actions_of(own)
    return found


@pytest.mark.parametrize(
    ("service", "granted"), [("server", server.QUEUE_ACTIONS), ("bot", bot.QUEUE_ACTIONS)]
)
def test_a_service_may_do_with_jobs_what_its_code_does(
    service: str, granted: tuple[str, ...]
) -> None:
    used = used_methods(service, "jobs", ("jobs", "_jobs", "_queue"))
    assert used
    assert set().union(*(queue_actions_of(method) for method in used)) == set(granted)


def test_the_bots_tools_may_look_orders_up_and_cancel_them_and_no_more(large: Templates) -> None:
    tree = ast.parse((ROOT / "bot" / "tools" / "orders.py").read_text())
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("dynamodb")
    }
    assert called & set(_ACTIONS) == {"get_item", "query", "update_item"}
    assert bot.ORDER_ACTIONS == ("GetItem", "UpdateItem")
    (index,) = (
        statement["Resource"]
        for id, statement in large.statements()
        if id.startswith("BotTaskRole") and statement["Action"] == "dynamodb:Query"
    )
    assert "/index/email" in str(index)


def test_aws_is_called_nowhere_else() -> None:
    makers = {
        (str(file.relative_to(ROOT)), ast.unparse(node.args[0]))
        for file in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("boto3.client", "boto3.resource")
    }
    assert makers == {("common/aws.py", f"'{name}'") for name in ("dynamodb", "s3", "sqs", "ssm")}


def role_actions(templates: Templates, policy: str) -> set[str]:
    return {
        action
        for id, statement in templates.statements()
        if id.startswith(policy)
        for action in as_list(statement["Action"])
        if not action.startswith("kms:")
    }


def test_the_roles_have_these_grants_and_no_other(large: Templates, small: Templates) -> None:
    server_calls = {f"dynamodb:{action}" for action in server.SESSION_ACTIONS}
    bot_calls = {f"dynamodb:{action}" for action in bot.SESSION_ACTIONS}
    secrets = {"ssm:GetParameters"}
    model = {"bedrock:InvokeModel", "bedrock:InvokeModelWithBidirectionalStream"}
    files = {"s3:PutObject", "s3:DeleteObject"}
    for_calls = bot_calls | secrets | model | files | {"ecs:UpdateTaskProtection"}
    logs = {"logs:CreateLogStream", "logs:PutLogEvents"}
    sends = {f"sqs:{action}" for action in server.QUEUE_ACTIONS}
    serves = {f"sqs:{action}" for action in bot.QUEUE_ACTIONS}
    assert role_actions(large, "ServerTaskRole") == server_calls | secrets | sends
    assert role_actions(large, "BotTaskRole") == for_calls | serves
    assert role_actions(small, "BotTaskRole") == for_calls
    assert role_actions(large, "ClientTaskRole") == set()
    assert role_actions(small, "ServerRole") == server_calls | secrets | logs


def test_the_model_is_granted_alone_and_secrets_by_name(large: Templates) -> None:
    statements = [s for id, s in large.statements() if id.startswith("BotTaskRole")]
    resources = {as_list(s["Action"])[0]: s["Resource"] for s in statements}
    assert resources["bedrock:InvokeModel"] == (
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-5-sonic"
    )
    prefix = "arn:aws:ssm:us-east-1:123456789012:parameter/voice-agents/large/"
    assert resources["ssm:GetParameters"] == [f"{prefix}{name}" for name in bot.SECRETS]


def test_a_task_protects_those_of_its_own_cluster_only(templates: Templates) -> None:
    (statement,) = [
        statement
        for _, statement in templates.statements()
        if as_list(statement["Action"])[0].startswith("ecs:")
    ]
    (cluster,) = templates.all("AWS::ECS::Cluster")
    assert statement["Resource"]["Fn::Join"][1] == [
        "arn:aws:ecs:us-east-1:123456789012:task/",
        {"Ref": cluster},
        "/*",
    ]


def test_a_key_of_the_teams_own_decrypts_these_parameters_only(flags: dict[str, Any]) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    config = load_environment("large").model_copy(update={"secrets": Secrets(key_arn=key)})
    env = Target(account=config.account, region=config.region)
    _, decrypt = secret_statements(
        Stack(App(context=flags), "Stack", env=env), config, server.SECRETS
    )
    found = decrypt.to_statement_json()
    assert (found["Action"], found["Resource"]) == ("kms:Decrypt", key)
    conditions = found["Condition"]["StringEquals"]
    prefix = "arn:aws:ssm:us-east-1:123456789012:parameter/voice-agents/large/"
    assert conditions["kms:EncryptionContext:PARAMETER_ARN"] == [
        f"{prefix}{name}" for name in server.SECRETS
    ]
    assert conditions["kms:ViaService"].startswith("ssm.us-east-1.")


def test_the_key_is_used_through_the_services_that_hold_data_only(
    large: Templates, small: Templates
) -> None:
    for templates, services in ((large, {"dynamodb", "s3", "sqs"}), (small, {"dynamodb", "s3"})):
        through = {
            statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Join"][1][0]
            for _, statement in templates.statements()
            if any(action.startswith("kms:") for action in as_list(statement["Action"]))
        }
        assert through == {f"{service}.us-east-1." for service in services}


def test_who_sends_jobs_may_make_data_keys_and_nothing_else(large: Templates) -> None:
    for policy in ("ServerTaskRole", "BotTaskRole"):
        (uses,) = [
            as_list(statement["Action"])
            for id, statement in large.statements()
            if id.startswith(policy) and "sqs." in str(statement.get("Condition"))
        ]
        assert uses == ["kms:Decrypt", "kms:GenerateDataKey"]
