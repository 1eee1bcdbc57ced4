"""What the README shows works as it stands there."""

import re
import subprocess
import sys

import httpx

from tests.local_stack import REPOSITORY, LocalStack

_README = (REPOSITORY / "README.md").read_text()


def test_the_program_in_the_readme_asks_and_reads_the_answer(stack: LocalStack) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", _README, re.DOTALL)
    program = program.replace("ws://localhost:8000/ws", stack.web_socket_url)
    program = program.replace("THE API KEY", stack.api_key)
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^user where is my order", ended.stdout, re.MULTILINE), ended.stdout
    assert re.search(r"^assistant .*4217", ended.stdout, re.MULTILINE), ended.stdout


def test_the_api_describes_itself_where_the_readme_says(stack: LocalStack) -> None:
    description = httpx.get(f"{stack.page_url}/openapi.json").json()
    assert {"/connect", "/status/{bot_id}", "/health"} <= set(description["paths"])


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", _README)
    missing = [link for link in links if not (REPOSITORY / link).exists()]
    assert links
    assert not missing
