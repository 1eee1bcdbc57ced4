"""Daily's REST API, as far as a call needs it: rooms, and the tokens that let people in.

Sound and picture go through Daily's own client (`services.bot.transports.daily`), never here.
"""

from services.common.daily.rest import API_URL, DailyRest, DailyRoom
from services.common.daily.tokens import Participant

__all__ = ["API_URL", "DailyRest", "DailyRoom", "Participant"]
