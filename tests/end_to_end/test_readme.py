"""What the README shows works as it stands there."""

import re

import httpx

from tests.local_stack import REPOSITORY, LocalStack, run_python

_README = (REPOSITORY / "README.md").read_text()


def test_the_program_in_the_readme_asks_and_reads_the_answer(stack: LocalStack) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", _README, re.DOTALL)
    program = program.replace("ws://localhost:8000/ws", stack.web_socket_url)
    program = program.replace("THE API KEY", stack.api_key)
    told = run_python("-c", program)
    assert re.search(r"^user where is my order", told, re.MULTILINE), told
    assert re.search(r"^assistant .*4217", told, re.MULTILINE), told


def test_the_api_describes_itself_where_the_readme_says(stack: LocalStack) -> None:
    description = httpx.get(f"{stack.page_url}/openapi.json").json()
    assert {"/connect", "/status/{bot_id}", "/health"} <= set(description["paths"])


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", _README)
    missing = [link for link in links if not (REPOSITORY / link).exists()]
    assert links
    assert not missing
