"""MCP servers as tools of an agent: another project's over stdio, one of our own over HTTP too."""

import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
from pydantic import ValidationError

from local.probe import free_ports
from services.bot.mcp_servers import Listing, McpServer, ServerTools, ask_servers
from services.bot.mcp_servers.listing import key_of
from services.bot.toolbox import Tool, ToolContext
from services.bot.toolbox.options import ToolOptions
from tests.bot.conftest import PATIENCE_SECONDS, REPOSITORY, until
from tests.children import end_with_the_tests

SHOP = [sys.executable, str(Path(__file__).with_name("shop_server.py"))]
TIME = McpServer(command=sys.executable, args=("-m", "mcp_server_time"), timeout_seconds=60)

GONE = [
    McpServer(command="there-is-no-such-program"),
    McpServer(url="http://127.0.0.1:9/mcp"),
]


def shop(**how: Any) -> McpServer:  # noqa: ANN401
    return McpServer(command=SHOP[0], args=(SHOP[1],), **{"timeout_seconds": 60} | how)


def context() -> ToolContext:
    return ToolContext("ses_test", cast("Any", None), "orders")


@asynccontextmanager
async def opened(
    servers: Mapping[str, McpServer], listing: Listing, taken: tuple[str, ...] = ()
) -> AsyncIterator[dict[str, Tool]]:
    tools = await ServerTools.open(servers, listing, taken)
    try:
        await tools.ready()
        yield {tool.name: tool for tool in tools.tools}
    finally:
        await tools.close()


@pytest.fixture(scope="module")
def shop_over_http() -> Iterator[McpServer]:
    """The shop as a program that runs already, and answers HTTP."""
    (port,) = free_ports(1)
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(
            [*SHOP, str(port)],
            cwd=REPOSITORY,
            stderr=subprocess.DEVNULL,
            preexec_fn=end_with_the_tests,
        ) as process,
    ):
        patch.setenv("SHOP_TOKEN", "a-token-of-the-tests")
        headers = {"Authorization": "Bearer ${SHOP_TOKEN}"}
        yield McpServer(url=f"http://127.0.0.1:{port}/mcp", headers=headers)
        process.kill()


@pytest.fixture(scope="module")
def listing(shop_over_http: McpServer) -> Listing:
    """What all servers have that are there."""
    listens(str(shop_over_http.url))
    return ask_servers([shop(), TIME, shop_over_http, *GONE])


def listens(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop_tools(listing: Listing) -> AsyncIterator[dict[str, Tool]]:
    """The shop's tools, for tests that leave the shop as it was."""
    async with opened({"shop": shop(consent=("track_order",))}, listing) as tools:
        yield tools


async def test_a_server_of_another_project_is_used(listing: Listing) -> None:
    async with opened({"time": TIME}, listing) as tools:
        told = tools["get_current_time"]
        assert told.schema.required == ["timezone"]
        assert told.schema.properties["timezone"]["type"] == "string"
        answer = await told.call({"timezone": "Asia/Tokyo"}, context())
        assert answer["timezone"] == "Asia/Tokyo"
        assert "error" in await told.call({"timezone": "Mars/Olympus"}, context())
        assert "error" in await told.call({}, context())


@pytest.mark.asyncio(loop_scope="module")
async def test_results_and_failures_are_data(shop_tools: dict[str, Tool]) -> None:
    tools = shop_tools
    answer = await tools["stock"].call({"item": "kettle", "size": 2}, context())
    assert answer == {"item": "kettle", "left": 14}
    assert "error" in await tools["stock"].call({"item": "kettle", "size": "two"}, context())
    assert "fails" in (await tools["fails"].call({}, context()))["error"]
    soon = dataclasses.replace(tools["hangs"], options=ToolOptions(timeout=0.1))
    assert await soon.call({}, context()) == {"error": "hangs did not answer in time"}
    # What hung does not hold the server up.
    assert "item" in await tools["stock"].call({"item": "kettle"}, context())


@pytest.mark.asyncio(loop_scope="module")
async def test_what_a_server_says_destroys_something_needs_consent_and_what_the_file_says(
    shop_tools: dict[str, Tool],
) -> None:
    said: list[str] = []
    agreeing = context()
    agreeing.consent.listen(lambda: said)
    for name, arguments in {
        "empty_shelf": {"item": "kettle"},
        "track_order": {"order_number": "7"},
    }.items():
        ((key, value),) = arguments.items()
        asked = await shop_tools[name].call(arguments, agreeing)
        assert f"{key} {value}" in asked["needs_consent"]
        said.append("yes")
        assert "needs_consent" not in await shop_tools[name].call(arguments, agreeing)


async def test_only_the_tools_that_the_file_names_are_offered_and_no_name_twice(
    listing: Listing,
) -> None:
    chosen = shop(tools=("stock", "track_order", "nothing"))
    async with opened({"shop": chosen, "mall": chosen}, listing, ("track_order",)) as tools:
        assert sorted(tools) == [
            "mall_stock",
            "mall_track_order",
            "shop_track_order",
            "stock",
        ]
        answer = await tools["mall_track_order"].call({"order_number": "1"}, context())
        assert answer == {"result": "1 is somewhere"}


async def test_a_server_that_dies_is_started_again(listing: Listing, tmp_path: Path) -> None:
    mark = str(tmp_path / "died")
    async with opened({"shop": shop()}, listing) as tools:
        # Reading may be done twice; of the rest nobody knows whether it was done.
        assert await tools["dies_once"].call({"mark": mark}, context()) == {"result": "alive"}
        assert "not known whether" in (await tools["dies"].call({}, context()))["error"]
        assert "item" in await tools["stock"].call({"item": "kettle"}, context())


async def test_a_server_ends_with_its_call(listing: Listing) -> None:
    before = servers_alive()
    async with opened({"shop": shop(tools=("stock",))}, listing) as tools:
        await tools["stock"].call({"item": "kettle"}, context())
        (started,) = servers_alive() - before
    await until(lambda: started not in servers_alive())


def servers_alive() -> set[str]:
    """The shops that this process has started and not yet ended."""
    us = os.getpid()
    children = Path(f"/proc/{us}/task/{us}/children").read_text().split()
    return {child for child in children if "shop_server.py" in _command_of(child)}


def _command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


async def test_a_server_over_http_is_used_with_headers(
    shop_over_http: McpServer, listing: Listing
) -> None:
    async with opened({"shop": shop_over_http}, listing) as tools:
        answer = await tools["stock"].call({"item": "kettle"}, context())
        assert answer == {"item": "kettle", "left": 7}


@pytest.mark.parametrize("server", GONE)
async def test_a_call_goes_on_without_a_server_that_is_not_there(
    server: McpServer, listing: Listing
) -> None:
    assert key_of(server) not in listing
    async with opened({"gone": server}, listing) as tools:
        assert not tools


async def test_a_server_that_is_back_is_asked_by_the_next_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.bot.mcp_servers.tools.ASK_AGAIN_SECONDS", PATIENCE_SECONDS)
    async with opened({"shop": shop(tools=("stock",))}, {}) as tools:
        assert "item" in await tools["stock"].call({"item": "kettle"}, context())


@pytest.mark.parametrize(
    ("described", "problem"),
    [
        ({}, "either command or url"),
        ({"command": "x", "url": "http://x"}, "either command or url"),
        ({"command": "x", "headers": {"A": "b"}}, "use env"),
        ({"url": "http://x", "env": {"A": "b"}}, "use headers"),
        ({"url": "ftp://x"}, "pattern"),
        ({"command": "x", "tools": []}, "at least 1"),
        ({"command": "x", "env": {"A": "${NOT_SET_ANYWHERE}"}}, "NOT_SET_ANYWHERE is not set"),
        ({"command": "x", "timeout_seconds": 0}, "greater than 0"),
    ],
)
def test_a_wrong_description_is_refused(described: dict[str, Any], problem: str) -> None:
    assert "NOT_SET_ANYWHERE" not in os.environ
    with pytest.raises(ValidationError, match=problem):
        McpServer.model_validate(described)
