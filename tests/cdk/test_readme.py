"""The page for platform engineers names what exists."""

import re
from pathlib import Path

from cdk.operator.doctor import diagnosis

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "cdk" / "README.md").read_text(encoding="utf-8")


def test_its_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"make (\w+) ENV=", PAGE))
    commands = {"calls", "cdk", "cost", "deploy", "diagram", "doctor", "secrets", "synth"}
    assert named == commands
    for name in named:
        assert re.search(rf"^{name}: ready ## ", makefile, re.MULTILINE), name


def test_its_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (ROOT / "cdk" / link).exists(), link


def test_it_names_the_version_of_the_cdks_command_line_that_the_makefile_runs() -> None:
    texts = [PAGE, (ROOT / "Makefile").read_text(encoding="utf-8")]
    texts += [file.read_text(encoding="utf-8") for file in (ROOT / "cdk").rglob("*.py")]
    versions = {version for text in texts for version in re.findall(r"aws-cdk@([\d.]+\d)", text)}
    assert len(versions) == 1


def test_every_permission_that_the_doctor_asks_for_is_listed() -> None:
    source = Path(diagnosis.__file__).read_text(encoding="utf-8")
    asked = set(re.findall(r"\b[a-z0-9]+:[A-Z]\w+", source))
    assert len(asked) > 8
    assert asked <= set(re.findall(r"\b[a-z0-9]+:[A-Z]\w+", PAGE))
