"""Lists, reads, plays, searches and deletes calls, on the laptop or of a deployment."""

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from calls import show
from calls.place import NoCallsError, deployed, on_laptop
from calls.search import Index
from calls.shelf import Shelf
from services.common.calls.transcript import Transcript

FAILURE, USAGE_EXIT = 1, 2
DAYS = 14
_SESSION = re.compile(r"ses_[A-Za-z0-9_-]{22}")


def main(argv: Sequence[str] | None = None) -> int:
    """Lists, reads, plays or deletes calls.

    Returns:
        0, 1 if that cannot be done, 2 if it cannot be understood.
    """
    options = _parser().parse_args(argv)
    try:
        shelf = Shelf(deployed(options.env) if options.env else on_laptop(options.port))
        if options.delete:
            gone = shelf.delete(options.delete)
            sys.stdout.write(
                f"Deleted {options.delete}: {gone.files} files, {gone.items} items of the record.\n"
            )
        elif options.id:
            _print(show.read(shelf.read(options.id)))
        elif options.page is not None:
            from calls.page.serving import serve

            serve(shelf, port=options.page, since=options.since)
        else:
            _list(shelf, options)
    except NoCallsError as error:
        sys.stderr.write(f"{error}\n")
        return FAILURE
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make calls", description=__doc__)
    parser.add_argument("--env", help="a deployment; this machine's `make run` without (ENV=…)")
    parser.add_argument("--port", type=int, default=8000, help="where `make run` has its page")
    parser.add_argument("--id", type=_session, help="the call to read (ID=…)")
    parser.add_argument("--delete", type=_session, help="the call to delete (DELETE=…)")
    parser.add_argument("--find", default="", help="words that were said (FIND=…)")
    parser.add_argument("--agent", help="calls of one agent (AGENT=…)")
    parser.add_argument("--page", type=_port, help="serve the page on this port (PAGE=1: any)")
    parser.add_argument(
        "--since",
        type=date.fromisoformat,
        default=datetime.now(UTC).date() - timedelta(days=DAYS),
        help=f"calls from this day on, as 2026-11-21; by default of {DAYS} days (SINCE=…)",
    )
    return parser


def _list(shelf: Shelf, options: argparse.Namespace) -> None:
    transcripts: list[Transcript] = [
        one
        for one in shelf.transcripts(since=options.since)
        if options.agent is None or one.agent == options.agent
    ]
    hits = []
    if options.find:
        hits = Index(transcripts).find(options.find)
        found = {hit.session_id for hit in hits}
        transcripts = [one for one in transcripts if one.session_id in found]
    _print(show.listed(transcripts, hits))
    if not transcripts:
        sys.stdout.write(f"No calls on {shelf.place.name} since {options.since}.\n")


def _print(lines: Sequence[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _session(text: str) -> str:
    if _SESSION.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no call: give the id that `make calls` lists")


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return 0 if text == "1" else int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: give 1, or a number up to 65535")


if __name__ == "__main__":
    sys.exit(main())
