"""What one Fargate task can have, and how many of them there may be."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cdk.config.errors import WrongKeyError

Architecture = Literal["arm64", "x86_64"]

TaskCount = Annotated[int, Field(ge=1, le=1000, description="a number of tasks from 1 to 1000")]

_GIB = 1024
_MEMORY_OF_CPU: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}
"""MiB by CPU units, Linux: AWS, Amazon ECS developer guide, "Task CPU and memory"."""


class TaskSize(BaseModel):
    """CPU and memory of one task, and the bounds of their number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: Annotated[int, Field(description="CPU units; 1024 are one vCPU")]
    memory: Annotated[int, Field(description="MiB")]
    min_tasks: TaskCount
    max_tasks: TaskCount

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if self.cpu not in _MEMORY_OF_CPU:
            known = ", ".join(map(str, _MEMORY_OF_CPU))
            raise WrongKeyError("cpu", f"Fargate has no {self.cpu} CPU units; use one of {known}")
        sizes = _MEMORY_OF_CPU[self.cpu]
        if self.memory not in sizes:
            shown = ", ".join(map(str, sizes[:4])) + (f" … {sizes[-1]}" if len(sizes) > 4 else "")
            raise WrongKeyError(
                "memory",
                f"Fargate has no {self.memory} MiB with {self.cpu} CPU units; use one of {shown}",
            )
        if self.max_tasks < self.min_tasks:
            raise WrongKeyError(
                "max_tasks",
                f"{self.max_tasks} is below min_tasks, {self.min_tasks}; raise it or lower that",
            )
        return self
