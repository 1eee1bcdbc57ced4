"""What every call needs and what is therefore made once, before there is a caller."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from loguru import logger

from services.bot.agent import AGENTS_FOLDER, Agent, AgentError, read_agents
from services.bot.archiving import Archiving
from services.bot.handing_over import Reception
from services.bot.knowledge import KnowledgeError, Library
from services.bot.mcp_servers import Listing, ask_servers
from services.bot.meeting_place import MeetingPlace
from services.bot.memory import MemoryStore
from services.bot.nova import transport
from services.bot.settings import BotSettings
from services.bot.sound import canceller, preparation
from services.bot.toolbox import ToolError, reloaded_tools
from services.bot.transports import SAMPLE_RATE_IN
from services.bot.transports.browser_protocol import SAMPLE_RATE_OUT
from services.bot.transports.rooms import DailyRooms, Rooms
from services.bot.voice_activity import PaddedSilero, network
from services.common import aws
from services.common.calls.archive import Archive
from services.common.calls.store import CallStore
from services.common.dynamodb import Table
from services.common.errors import ServiceError, TicketRefused
from services.common.jobs import JobQueue
from services.common.sessions import SessionStore
from services.common.tickets import mint

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

WARM_UP_SECONDS = 5.0
_NOBODYS_SESSION = "ses_" + 22 * "0"


@dataclass(slots=True)
class Resources:
    """What every call needs.

    Attributes:
        settings: The bot's settings.
        agents: Every agent, by key.
        sessions: The session records.
        dynamodb: What tools look things up with.
        jobs: The queue of calls, where there is one.
        rooms: Where calls from the queue take place, where there is one.
        archiving: Writes transcripts, where there is a bucket for them.
        meeting_place: Where this task's processes find each other.
        library: The agents' documents.
        memories: What agents remember of callers.
        listing: What the agents' MCP servers have.
        reception: Where calls are handed over to, where there is such a place.
        voice_activity: The speech detector, once this process is warm.
    """

    settings: BotSettings
    agents: dict[str, Agent]
    sessions: SessionStore
    dynamodb: "DynamoDBClient"
    jobs: JobQueue | None
    rooms: Rooms | None
    meeting_place: MeetingPlace
    library: Library
    memories: MemoryStore
    archiving: Archiving | None = None
    listing: Listing = field(default_factory=dict)
    reception: Reception | None = None
    voice_activity: PaddedSilero | None = None

    @classmethod
    def gather(cls, settings: BotSettings, rooms: Rooms | None = None) -> Self:
        """Makes what can be made before a fork: no threads, no connections.

        Args:
            settings: The bot's settings.
            rooms: Where calls from the queue take place; by default on Daily.

        Raises:
            AgentError: An agent's file cannot be used.
        """
        agents = read_agents(settings.agents)
        jobs = None
        if settings.jobs_queue_url:
            jobs = JobQueue.connect(settings)
            rooms = rooms or DailyRooms(settings)
            rooms.prepare()
        preparation.prepare(SAMPLE_RATE_IN, SAMPLE_RATE_OUT)
        network.prepare()
        transport.prepare()
        meeting_place = MeetingPlace()
        dynamodb = aws.dynamodb(settings.aws_region)
        archiving = None
        if settings.transcripts_bucket:
            calls = CallStore(Table(dynamodb, settings.sessions_table))
            archive = Archive(aws.s3(settings.aws_region), settings.transcripts_bucket)
            archiving = Archiving(calls, archive)
        else:
            logger.info("no TRANSCRIPTS_BUCKET: no transcripts are written, no call is recorded")
        return cls(
            settings=settings,
            agents=agents,
            sessions=SessionStore.connect(settings),
            dynamodb=dynamodb,
            jobs=jobs,
            rooms=rooms,
            meeting_place=meeting_place,
            library=_index(agents, Library(meeting_place.path)),
            memories=MemoryStore(Table(dynamodb, settings.sessions_table)),
            archiving=archiving,
            listing=_ask_servers(agents),
            reception=Reception.of(settings),
        )

    def reload(self) -> None:
        """Reads agents, tools and documents again. Where one cannot be used, all stays as it was.

        Raises:
            AgentError: An agent's file, a tool's module or a document cannot be used.
        """
        try:
            with reloaded_tools():
                agents = read_agents(self.settings.agents)
                _index(agents, self.library)
        except ToolError as error:
            raise AgentError(str(error)) from error
        self.agents, self.listing = agents, _ask_servers(agents)

    def detector(self) -> PaddedSilero:
        """The speech detector of this process's one call."""
        if self.voice_activity is None:
            raise RuntimeError("warm_up() loads the speech detector")
        return self.voice_activity

    async def warm_up(self) -> None:
        """Loads and connects what the first caller would wait for otherwise."""
        self.voice_activity = PaddedSilero()
        canceller.warm_up()
        self.library.open()
        try:
            async with asyncio.timeout(WARM_UP_SECONDS):
                # What the first caller does, with a ticket of nobody's: it opens the connection and
                # warms the client's code on the very path that the caller will wait for.
                await self.sessions.take(mint(_NOBODYS_SESSION, "ticket"))
        except TicketRefused:
            return
        except (ServiceError, TimeoutError) as error:
            logger.bind(error=type(error).__name__).warning("session records cannot be reached yet")


def _ask_servers(agents: Mapping[str, Agent]) -> Listing:
    servers = [server for agent in agents.values() for server in agent.mcp.values()]
    if servers:
        # Half a second that no caller shall wait for.
        import mcp  # noqa: F401
    return ask_servers(servers)


def _index(agents: Mapping[str, Agent], library: Library) -> Library:
    """Indexes what agents know.

    Raises:
        AgentError: A document cannot be used.
    """
    for agent in agents.values():
        if agent.knowledge is not None:
            try:
                library.add(agent.knowledge)
            except KnowledgeError as error:
                raise AgentError(f"{AGENTS_FOLDER / agent.key}.toml: knowledge: {error}") from error
    return library
