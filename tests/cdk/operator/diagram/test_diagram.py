"""The picture shows what the templates have, and nothing else."""

import copy
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from cdk.config import load_environment
from cdk.operator.diagram.__main__ import FOLDER, draw_assembly, main
from cdk.operator.diagram.build import DRAWN, FOLDED, UndecidedResourceError, build
from cdk.operator.diagram.graph import Graph, Place
from cdk.operator.diagram.layout import WIDTH, lay_out
from cdk.operator.diagram.svg import draw
from cdk.operator.diagram.template import Architecture
from tests.cdk.templates import Templates


def picture_of(stacks: dict[str, dict[str, Any]]) -> Graph:
    return build(Architecture(stacks), title="A test")


def arrows(graph: Graph) -> set[tuple[str, str, str]]:
    """Titles of both ends, and the label."""
    titles = {node.key: node.title for node in graph.nodes}
    return {(titles[a.source], titles[a.target], a.label) for a in graph.arrows if not a.faint}


def policy(stacks: dict[str, dict[str, Any]], part: str) -> list[dict[str, Any]]:
    """The statements of a role's policy."""
    (found,) = [
        resource
        for id, resource in stacks["services"]["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and id.startswith(part)
    ]
    statements: list[dict[str, Any]] = found["Properties"]["PolicyDocument"]["Statement"]
    return statements


def test_every_resource_of_a_drawn_kind_is_in_the_picture_once(templates: Templates) -> None:
    root = ElementTree.fromstring(draw(picture_of(templates.stacks)))  # noqa: S314 - our own
    boxes = [
        key
        for group in root.iter("{http://www.w3.org/2000/svg}g")
        if group.find("{http://www.w3.org/2000/svg}rect") is not None
        for key in group.get("data-resources", "").split()
    ]
    expected = [
        f"{stack}/{id}"
        for stack, template in templates.stacks.items()
        for id, resource in template["Resources"].items()
        if resource["Type"] in DRAWN
    ]
    assert sorted(boxes) == sorted(expected)


def test_every_arrow_is_there_because_of_a_resource(templates: Templates) -> None:
    graph = picture_of(templates.stacks)
    known = Architecture(templates.stacks).resources
    keys = {node.key for node in graph.nodes}
    for arrow in graph.arrows:
        assert arrow.resources
        assert set(arrow.resources) <= known.keys()
        assert {arrow.source, arrow.target} <= keys


def test_the_way_of_a_call(large: Templates) -> None:
    assert arrows(picture_of(large.stacks)) == {
        ("Callers", "voice.example.com", "443"),
        ("Callers", "voice-api.example.com", "443"),
        ("voice.example.com", "Client", "all paths :8080"),
        ("voice-api.example.com", "Server", "other paths :8001"),
        ("voice-api.example.com", "Bot", "/ws :8002, health :8003"),
        ("Server", "Parameter Store", "reads"),
        ("Server", "Records sessions", "reads and writes"),
        ("Bot", "Parameter Store", "reads"),
        ("Bot", "Records sessions", "reads and writes"),
        ("Bot", "Records orders", "reads and writes"),
        ("Bot", "Transcripts bucket", "writes"),
        ("Bot", "Amazon Bedrock", "talks"),
        ("Server", "Jobs queue", "writes"),
        ("Bot", "Jobs queue", "reads and writes"),
        ("16 alarms", "Alarms topic", ""),
    }


def test_a_function_stands_outside_the_network(small: Templates) -> None:
    graph = picture_of(small.stacks)
    (function,) = [node for node in graph.nodes if node.place is Place.FUNCTION]
    assert function.title == "Connect server"
    assert ("voice-small-api.example.com", "Connect server", "other paths") in arrows(graph)
    layout = lay_out(graph)
    assert layout.boxes[function.key].y > layout.frames[0].box.bottom


def test_an_arrow_goes_when_its_permission_goes(large: Templates) -> None:
    stacks = copy.deepcopy(large.stacks)
    statements = policy(stacks, "BotTaskRole")
    statements[:] = [s for s in statements if "bedrock" not in json.dumps(s["Action"])]
    after = picture_of(stacks)
    assert "Amazon Bedrock" not in {node.title for node in after.nodes}
    assert arrows(picture_of(large.stacks)) - arrows(after) == {("Bot", "Amazon Bedrock", "talks")}


def test_a_permission_and_a_resource_that_come_are_drawn(large: Templates) -> None:
    stacks = copy.deepcopy(large.stacks)
    stacks["services"]["Resources"]["Mail0123ABCD"] = {"Type": "AWS::SQS::Queue", "Properties": {}}
    policy(stacks, "ServerTaskRole").append(
        {
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": {"Fn::GetAtt": ["Mail0123ABCD", "Arn"]},
        }
    )
    assert arrows(picture_of(stacks)) - arrows(picture_of(large.stacks)) == {
        ("Server", "Mail", "writes")
    }


def test_a_load_balancer_that_nobody_may_reach_has_no_caller(large: Templates) -> None:
    stacks = copy.deepcopy(large.stacks)
    for resource in stacks["services"]["Resources"].values():
        if resource["Type"] == "AWS::EC2::SecurityGroup":
            resource["Properties"].pop("SecurityGroupIngress", None)
    assert not [arrow for arrow in arrows(picture_of(stacks)) if arrow[0] == "Callers"]


def test_a_kind_of_resource_that_nobody_decided_about_stops_the_drawing(large: Templates) -> None:
    stacks = copy.deepcopy(large.stacks)
    stacks["data"]["Resources"]["Lake"] = {"Type": "AWS::RDS::DBCluster", "Properties": {}}
    with pytest.raises(UndecidedResourceError, match=r"AWS::RDS::DBCluster: say in cdk/operator"):
        picture_of(stacks)


def test_no_kind_is_both_drawn_and_folded() -> None:
    assert not set(DRAWN) & set(FOLDED)


def test_no_box_covers_another_or_leaves_the_page(templates: Templates) -> None:
    layout = lay_out(picture_of(templates.stacks))
    boxes = list(layout.boxes.values())
    for number, one in enumerate(boxes):
        assert one.x >= 0
        assert one.right <= WIDTH
        assert one.bottom <= layout.height
        for other in boxes[number + 1 :]:
            apart = one.right <= other.x or other.right <= one.x
            assert apart or one.bottom <= other.y or other.bottom <= one.y


def test_the_pictures_in_the_repository_are_of_these_templates(
    templates: Templates, assembly: Path
) -> None:
    config = load_environment(templates.name)
    drawn = (FOLDER / f"{templates.name}.svg").read_text(encoding="utf-8")
    assert drawn == draw_assembly(assembly, config), f"run make diagram ENV={templates.name}"


def test_the_command_writes_the_picture(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pictures" / "example.svg"
    assert main(["--env", "example", "--output", str(file)]) == 0
    assert capfd.readouterr().out == f"{file}\n"
    assert "Voice agents, example: account 123456789012" in file.read_text(encoding="utf-8")


def test_a_wrong_file_is_no_picture(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "nowhere"]) == 2
    assert "There is no cdk/environments/nowhere.toml" in capfd.readouterr().err
