"""What an agent knows: documents that are searched, callers who are remembered, tools' results."""

from tests.bench.figures import Figure
from tests.bench.knowledge.memory import measure_memory
from tests.bench.knowledge.results import measure_results
from tests.bench.knowledge.search import measure_search
from tests.bench.run import Run


async def measure(run: Run) -> list[Figure]:
    """Measures all of it."""
    return [
        *measure_search(run),
        await measure_memory(run),
        await measure_results(run),
    ]
