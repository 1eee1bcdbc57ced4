"""`python -m local.daily`: the stand-in on a port of its own."""

import argparse

import uvicorn

from local.daily.api import StandIn


def main() -> None:
    """Serves until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m local.daily",
        description="A stand-in for Daily's REST API. Set DAILY_API_URL to http://HOST:PORT/v1.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8004)
    parser.add_argument("--api-key", default="local-daily-key", help="the DAILY_API_KEY")
    parser.add_argument("--domain", default="voice", help="rooms are at https://DOMAIN.daily.co")
    parser.add_argument(
        "--meet", action="store_true", help="rooms are here, to be joined with local/daily/sdk"
    )
    parser.add_argument(
        "--slow", type=float, default=0.0, metavar="SECONDS", help="what every answer waits for"
    )
    asked = parser.parse_args()
    here = f"http://{asked.host}:{asked.port}" if asked.meet else None
    stand_in = StandIn(
        asked.api_key, domain_name=asked.domain, rooms_at=here, slow_seconds=asked.slow
    )
    uvicorn.run(stand_in, host=asked.host, port=asked.port, log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
