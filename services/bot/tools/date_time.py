"""What day and time it is, anywhere."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from services.bot.tools import ToolFailedError


async def current_date_time(time_zone: str = "UTC") -> dict[str, Any]:
    """Tells the current date, weekday and time in a time zone.

    Use it for every question about today, now, or how long something takes from now.

    Args:
        time_zone: IANA name of the time zone, for example Europe/Paris or America/New_York.
    """
    zone = _zone(time_zone)
    now = datetime.now(zone)
    return {
        "date": now.date().isoformat(),
        "weekday": now.strftime("%A"),
        "time": now.strftime("%H:%M"),
        "time_zone": zone.key,
    }


def _zone(name: str) -> ZoneInfo:
    """A zone by its name, or by its city's as people say it."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        city = name.strip().casefold().replace(" ", "_")
        if city in _cities():
            return ZoneInfo(_cities()[city])
    raise ToolFailedError(f"{name!r:.60} is not an IANA time zone name such as Europe/Paris")


@cache
def _cities() -> dict[str, str]:
    """Zones by their last part, where only one has it: "new_york" is America/New_York."""
    zones: dict[str, list[str]] = {}
    for zone in sorted(available_timezones()):
        if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/")):
            zones.setdefault(zone.rpartition("/")[2].casefold(), []).append(zone)
    return {city: named[0] for city, named in zones.items() if len(named) == 1}
