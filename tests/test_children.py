"""What tests start ends with them, however they end."""

import signal
import subprocess
import sys

from tests.local_stack import REPOSITORY

STARTS_ANOTHER = """
import subprocess, sys
from tests.children import end_with_the_tests

child = subprocess.Popen([sys.executable, "-c", "input()"], preexec_fn=end_with_the_tests)
print(child.pid, flush=True)
child.wait()
"""


def test_a_process_ends_with_tests_that_were_killed() -> None:
    command = [sys.executable, "-c", STARTS_ANOTHER]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as tests:
        assert tests.stdin and tests.stdout
        assert int(tests.stdout.readline())
        tests.send_signal(signal.SIGKILL)
        # Both ends of the pipe are the child's now, which waits for a line: it ends when killed.
        assert tests.stdout.read() == b""
        assert tests.wait() == -signal.SIGKILL
