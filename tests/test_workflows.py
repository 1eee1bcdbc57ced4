"""The workflows may do little, run what is pinned, and come to an end."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[1] / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def workflow(request: pytest.FixtureRequest) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(request.param.read_text())
    return content


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_actions_are_pinned_to_a_commit(workflow: dict[str, Any]) -> None:
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []


def test_jobs_have_the_permissions_that_they_need_and_a_deadline(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        needed = {"contents": "read"} | ({"id-token": "write"} if name == "deploy" else {})
        assert job["permissions"] == needed
        assert job["timeout-minutes"] <= 150


def test_no_step_puts_an_expression_into_a_script(workflow: dict[str, Any]) -> None:
    assert [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")] == []


def test_nothing_reads_a_stored_secret_or_leaves_a_token_behind(workflow: dict[str, Any]) -> None:
    assert "secrets." not in yaml.safe_dump(workflow)
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_only_a_person_deploys_and_the_template_is_judged_first() -> None:
    deploy = yaml.safe_load((FOLDER / "deploy.yml").read_text())
    # YAML reads the key `on` as true.
    assert set(deploy[True]) == {"workflow_dispatch"}
    order = [step.get("run", step.get("uses", "")).split("@")[0] for step in steps(deploy)]
    wanted = ("make synth", "aws-actions/configure-aws-credentials", "make doctor", "make deploy")
    places = [next(i for i, step in enumerate(order) if step.startswith(w)) for w in wanted]
    assert places == sorted(places)
