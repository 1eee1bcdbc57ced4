"""What an agent may look up: a folder of Markdown files, cut into passages and searched by words.

The supervisor reads the folder and writes an index into a file, which every session process opens
for reading. A changed folder becomes a new file in the old one's place, and who searches next finds
the new one. What a passage says is data: it is quoted to the model and never obeyed here.
"""

from services.bot.knowledge.errors import KnowledgeError
from services.bot.knowledge.index import Found, Index, write_index
from services.bot.knowledge.library import Library, Shelf
from services.bot.knowledge.passages import Passage

__all__ = ["Found", "Index", "KnowledgeError", "Library", "Passage", "Shelf", "write_index"]
