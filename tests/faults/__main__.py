"""`python -m tests.faults` writes README's table of faults."""

from tests.faults.matrix import README, with_table

README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
