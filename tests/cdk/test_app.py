"""The app as the CDK's command line runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(tmp_path: Path, env: str | None) -> subprocess.CompletedProcess[str]:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    variables = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    variables["CDK_CONTEXT_JSON"] = json.dumps(context | ({"env": env} if env else {}))
    variables["CDK_OUTDIR"] = str(tmp_path)
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_synthesises_without_credentials(tmp_path: Path) -> None:
    done = run(tmp_path, "small")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(list(tmp_path.glob("*.template.json"))) == 3


def test_without_an_environment_it_says_which_there_are(tmp_path: Path) -> None:
    done = run(tmp_path, None)
    assert done.returncode == 2
    assert done.stderr == (
        "No environment is named; add -c env=<name>, one of: example, large, small.\n"
    )
    assert list(tmp_path.glob("*.template.json")) == []


def test_cdk_json_holds_flags_and_the_command_only() -> None:
    content = json.loads((ROOT / "cdk.json").read_text())
    assert set(content) == {"app", "context"}
    assert all(key.startswith("@aws-cdk/") for key in content["context"])
