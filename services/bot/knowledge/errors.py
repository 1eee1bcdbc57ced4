"""What can be wrong with a folder of documents."""


class KnowledgeError(ValueError):
    """A folder of documents cannot be used. The message names the file; a person must act."""

    retryable = False
