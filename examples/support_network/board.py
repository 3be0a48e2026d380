"""The shared task board of the team: optimistic, so that a claim can come too late."""

from dataclasses import dataclass, field
from typing import Any

import relaylens

from .clock import pause


class VersionConflictError(Exception):
    """Somebody else has changed the board since it was read."""


@dataclass
class Task:
    """A piece of work on the board, with the headers that lead back to who put it there."""

    number: int
    title: str
    headers: dict[str, str]
    handoff: relaylens.Handoff
    claimed_by: str | None = None

    @property
    def order(self) -> dict[str, Any]:
        """What the one who claims it is told."""
        return {"task": self.number, "title": self.title}


@dataclass
class Board:
    """Tasks and the version that each change raises by one."""

    tasks: list[Task] = field(default_factory=list)
    version: int = 0
    claiming: int = 0
    """Colleagues who are about to claim a task."""

    def post(self, task: Task) -> None:
        """Put a task up."""
        self.tasks.append(task)
        self.version += 1

    def come(self) -> bool:
        """Come to the board for a task; False when there are no more open ones than colleagues who stand there already."""
        if sum(task.claimed_by is None for task in self.tasks) <= self.claiming:
            return False
        self.claiming += 1
        return True

    async def claim_next(self, worker: str) -> Task:
        """Claim the first open task: read, then write only if nobody wrote in between."""
        seen = self.version
        task = next(task for task in self.tasks if task.claimed_by is None)
        await pause(0.02)
        if self.version != seen:
            message = f"board is at version {self.version}, {worker} has read {seen}"
            raise VersionConflictError(message)
        task.claimed_by = worker
        self.version += 1
        self.claiming -= 1
        return task
