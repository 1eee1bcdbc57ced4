"""What day and time it is, anywhere."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


async def current_date_time(time_zone: str = "UTC") -> dict[str, Any]:
    """Tells the current date, weekday and time in a time zone.

    Use it for every question about today, now, or how long something takes from now.

    Args:
        time_zone: IANA name of the time zone, for example Europe/Paris or America/New_York.
    """
    try:
        now = datetime.now(ZoneInfo(time_zone))
    except (LookupError, ValueError, OSError):
        return {"error": f"{time_zone!r} is not an IANA time zone name such as Europe/Paris"}
    return {
        "date": now.date().isoformat(),
        "weekday": now.strftime("%A"),
        "time": now.strftime("%H:%M"),
        "time_zone": time_zone,
    }
