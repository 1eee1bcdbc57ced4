"""What is said of an environment's file that cannot be deployed."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from cdk.config import ConfigError, load_environment
from cdk.config.load import FOLDER
from cdk.services.server import access_environment


def problems_of(folder: Path, content: str) -> list[str]:
    (folder / "prod.toml").write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_environment("prod", folder=folder)
    return [
        problem.removeprefix(f"{'/'.join(folder.parts[-2:])}/prod.toml: ")
        for problem in caught.value.problems
    ]


def with_line(table: str, line: str) -> str:
    """The smallest good file, with one key of one table set anew or added."""
    key = line.split("=")[0].strip()
    current, lines, done = "", [], False
    for old in (FOLDER / "small.toml").read_text().splitlines():
        if old.startswith("["):
            if current == table and not done:
                lines.append(line)
                done = True
            current = old.strip("[]")
        if current == table and old.split("=")[0].strip() == key:
            old, done = line, True
        lines.append(old)
    if not done:
        lines += ([] if current == table else [f"[{table}]"]) + [line]
    return "\n".join(lines)


@pytest.mark.parametrize("name", ["example", "small", "large"])
def test_the_environments_that_come_with_the_code_are_good(name: str) -> None:
    assert load_environment(name).name == name


def test_the_example_explains_every_key() -> None:
    text = (FOLDER / "example.toml").read_text()
    environment = load_environment("example")
    for table in ("", *type(environment).model_fields):
        part: Any = getattr(environment, table) if table else environment
        for key in getattr(type(part), "model_fields", ()):
            if table or not isinstance(getattr(environment, key), BaseModel):
                assert key == "name" or key in text, f"{table}.{key}"


@pytest.mark.parametrize(
    ("table", "line", "problem"),
    [
        ("bot", "memmory = 1024", "bot.memmory: is not a key; did you mean memory?."),
        (
            "bot",
            "memory = 1000",
            "bot.memory: Fargate has no 1000 MiB with 512 CPU units; "
            "use one of 1024, 2048, 3072, 4096.",
        ),
        (
            "bot",
            "cpu = 500",
            "bot.cpu: Fargate has no 500 CPU units; "
            "use one of 256, 512, 1024, 2048, 4096, 8192, 16384.",
        ),
        (
            "bot",
            "sessions_per_task = 12",
            "bot.sessions_per_task: 12 calls do not fit into 512 CPU units and 1024 MiB; "
            "use at most 7 or a larger task.",
        ),
        ("bot", "max_tasks = 0", "bot.max_tasks: 0 will not do; use a number of tasks"),
        (
            "network",
            'cidr = "10.41.0.0/30"',
            "network.cidr: 10.41.0.0/30 is no private range from /16 to /21; "
            "use one such as 10.40.0.0/16.",
        ),
        ("network", 'cidr = "10.41.0.7/20"', "network.cidr: 10.41.0.7/20 has host bits set; use"),
        ("network", 'cidr = "8.8.0.0/16"', "network.cidr: 8.8.0.0/16 is no private range"),
        (
            "network",
            'availability_zones = ["eu-west-1a", "eu-west-1b"]',
            "network.availability_zones: 'eu-west-1a' is no zone of us-east-1; "
            "use names such as us-east-1a.",
        ),
        ("network", "nat_gateways = 3", "network.nat_gateways: 3 are more than the 2 zones; use"),
        (
            "nova",
            'region = "eu-west-3"',
            "nova.region: amazon.nova-2-5-sonic is not in eu-west-3; "
            "use one of us-east-1, us-west-2, eu-north-1, ap-northeast-1.",
        ),
        (
            "nova",
            'model = "amazon.nova-sonic-v1:0"',
            "nova.model: amazon.nova-sonic-v1:0 reached its end of life on 2026-09-14; "
            "use amazon.nova-2-5-sonic or amazon.nova-2-sonic-v1:0.",
        ),
        ("nova", 'model = "gpt"', "nova.model: there is no 'gpt'; use amazon.nova-2-5-sonic or"),
        (
            "domain",
            'api = "voice-small"',
            "domain.api: 'voice-small' is the page's name too; give each its own.",
        ),
        ("domain", 'api = "a.b"', "domain.api: 'a.b' is no DNS label; use letters, digits"),
        ("domain", 'api = "bücher"', "domain.api: 'bücher' is no DNS label; use letters, digits"),
        ("domain", 'zone_name = "Example"', "domain.zone_name: 'Example' will not do; use the"),
        ("images", 'tag = "latest"', "images.tag: 'latest' names no one image; use a version"),
        (
            "agents",
            'names = ["order-disk"]',
            "agents.names: there is no agent 'order-disk'; use some of ",
        ),
        (
            "drain",
            "idle_timeout_seconds = 30",
            "drain.idle_timeout_seconds: 30 would cut silent lines, which are pinged every 10 s; "
            "set more than 30.",
        ),
        (
            "drain",
            "idle_timeout_seconds = 120",
            "drain.idle_timeout_seconds: 120 would let the load balancer use connections that "
            "the connect server closes after 75 s; set less.",
        ),
        (
            "drain",
            "deregistration_seconds = 300",
            "drain.deregistration_seconds: 300 would cut calls of longest_call_seconds, 1800, "
            "at a deployment; set at least 1860.",
        ),
        (
            "drain",
            "handover_seconds = 111",
            "drain.handover_seconds: 111 leaves no time before the kill at stop_timeout_seconds, "
            "120; set at most 110.",
        ),
        (
            "drain",
            "lease_seconds = 10",
            "drain.lease_seconds: 10 will not do; use seconds from 15 to 600.",
        ),
        (
            "drain",
            "protection_minutes = 120",
            "drain.protection_minutes: 120 would let a deployment take longer than the 3 hours "
            "that CloudFormation waits, where a task has hung while it was protected; set at most "
            "105.",
        ),
        (
            "drain",
            "protection_minutes = 0",
            "drain.protection_minutes: 0 will not do; use minutes from 1 to 2880, the bounds of",
        ),
        ("drain", "stop_timeout_seconds = 300", "drain.stop_timeout_seconds: 300 will not do; use"),
        (
            "drain",
            "longest_call_seconds = 600",
            "drain.longest_call_seconds: 600 is less than the 1800 that agent 'order-desk' allows;",
        ),
        (
            "server",
            "transports = []",
            "server.transports: [] will not do; use websocket, daily or both.",
        ),
        (
            "daily",
            'geo = "eu-north-1"',
            "daily.geo: 'eu-north-1' will not do; use one of af-south-1, ap-northeast-2, ",
        ),
        ("daily", "rooms_ahead = 21", "daily.rooms_ahead: 21 will not do; use a number from 0 to"),
        ("nova", "max_calls = 0", "nova.max_calls: 0 will not do; use a number of calls from 1 to"),
        (
            "network",
            'interface_endpoints = ["s3"]',
            "network.interface_endpoints.0: 's3' will not do",
        ),
        (
            "secrets",
            'key_arn = "arn:aws:kms:eu-west-1:123456789012:key/'
            '00000000-0000-0000-0000-000000000000"',
            "secrets.key_arn: the key is not in account 123456789012 and us-east-1; use one that",
        ),
    ],
)
def test_a_wrong_value_is_one_sentence_with_key_and_remedy(
    tmp_path: Path, table: str, line: str, problem: str
) -> None:
    found = problems_of(tmp_path, with_line(table, line))
    assert len(found) == 1
    assert found[0].startswith(problem)
    assert found[0].endswith(".")


def test_no_more_calls_are_let_in_than_there_are_places(tmp_path: Path) -> None:
    (tmp_path / "prod.toml").write_text(with_line("nova", "max_calls = 1000"))
    assert load_environment("prod", folder=tmp_path).max_calls == 2 * 5
    assert load_environment("large").max_calls == 1000


def test_callers_may_have_to_log_in(tmp_path: Path) -> None:
    line = 'log_in = {{ issuer = "{}", audience = "page" }}'
    (tmp_path / "prod.toml").write_text(with_line("server", line.format("https://login.example")))
    assert access_environment(load_environment("prod", folder=tmp_path)) == {
        "CONNECT_AUTH": "id_token",
        "ID_TOKEN_AUDIENCE": "page",
        "ID_TOKEN_ISSUER": "https://login.example",
    }
    assert access_environment(load_environment("small")) == {"CONNECT_AUTH": "api_key"}
    (problem,) = problems_of(tmp_path, with_line("server", line.format("http://login.example")))
    assert problem.startswith("server.log_in.issuer: ")


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = with_line("domain", 'zone_id = "example"').replace("[nova]", "[nova]\nvoice = 7")
    assert [problem.split(":")[0] for problem in problems_of(tmp_path, text)] == [
        "domain.zone_id",
        "nova.voice",
    ]


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "small.toml").read_text().replace('account = "123456789012"', "")
    assert problems_of(tmp_path, text) == ["account: is missing; add it, 12 digits in quotes."]


def test_a_region_of_the_model_other_than_the_deployments_has_no_endpoint(tmp_path: Path) -> None:
    text = with_line("network", 'interface_endpoints = ["bedrock-runtime"]')
    text = text.replace('[nova]\nregion = "us-east-1"', '[nova]\nregion = "us-west-2"')
    assert problems_of(tmp_path, text)[0].startswith(
        "network.interface_endpoints: an endpoint in us-east-1 does not reach Bedrock in us-west-2"
    )


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    assert "line 1" in problems_of(tmp_path, "account == 3")[0]


@pytest.mark.parametrize("name", [None, "", "absent", "../small", "environments/small"])
def test_a_name_without_a_file_lists_those_that_have_one(name: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        load_environment(name)
    assert "example, large, small" in str(caught.value)


def test_the_name_is_the_files_and_not_a_key(tmp_path: Path) -> None:
    text = 'name = "other"\n' + (FOLDER / "small.toml").read_text()
    assert problems_of(tmp_path, text) == ["name: is the file's name; remove the key."]


_toml_values = st.one_of(
    st.integers(-10, 10), st.booleans(), st.just('"x"'), st.just("[]"), st.just("1.5")
)


@given(data=st.data())
def test_whatever_a_key_holds_the_answer_is_a_deployment_or_sentences(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = tomllib.loads((FOLDER / "small.toml").read_text())
    tables = [name for name, value in content.items() if isinstance(value, dict)]
    table = data.draw(st.sampled_from(tables))
    key = data.draw(st.sampled_from(list(content[table])))
    value = str(data.draw(_toml_values)).lower()
    folder = tmp_path_factory.mktemp("environments")
    (folder / "prod.toml").write_text(with_line(table, f"{key} = {value}"))
    try:
        load_environment("prod", folder=folder)
    except ConfigError as error:
        assert all(problem.endswith(".") and "\n" not in problem for problem in error.problems)
