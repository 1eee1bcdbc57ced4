"""Processes that tests start, and that must not outlive them."""

import signal

from local.part import die_with_parent


def end_with_the_tests() -> None:
    """For ``preexec_fn``: the process is killed with pytest, which may itself be killed."""
    die_with_parent(signal.SIGKILL)
