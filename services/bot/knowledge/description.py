"""The key `knowledge` of an agent's file."""

from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo


def _inside(folder: Path, info: ValidationInfo) -> Path:
    """The folder beside the agent's file; one elsewhere would not be part of the bot's image."""
    if folder.is_absolute() or ".." in PurePosixPath(folder).parts or folder == Path():
        raise ValueError("expected a folder beside this file, such as 'order-desk'")
    beside = (info.context or {}).get("folder")
    if beside is None:
        return folder
    found = Path(beside) / folder
    if not found.is_dir():
        raise ValueError(f"there is no folder {found}")
    return found


KnowledgeFolder = Annotated[
    Path,
    Field(
        description="A folder of Markdown files beside this file. The agent searches them for "
        "answers, with the tool search_knowledge, which it is given by this."
    ),
    AfterValidator(_inside),
]
