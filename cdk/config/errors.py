"""What is wrong with a configuration."""


class ConfigError(Exception):
    """A configuration that cannot be deployed.

    Attributes:
        problems: One sentence each, naming file, key and remedy.
    """

    def __init__(self, problems: list[str]) -> None:
        """Keeps the sentences; there is at least one."""
        super().__init__("\n".join(problems))
        self.problems = problems


class WrongKeyError(ValueError):
    """A check across several keys failed.

    Attributes:
        key: The key to change, below the table that was checked.
    """

    def __init__(self, key: str, problem: str) -> None:
        """Keeps the ``key`` apart from the sentence about it."""
        super().__init__(problem)
        self.key = key
