"""The tools of the retriever and the approver: a knowledge base, past tickets and the mail that goes out."""

import random
from dataclasses import dataclass, field

import relaylens

from .clock import pause
from .content import Ticket, documents


class ArchiveUnavailableError(Exception):
    """The search service does not answer."""


@dataclass
class Archive:
    """What is known, for one run."""

    ticket: Ticket
    rng: random.Random
    available: bool = True
    guidelines: list[tuple[str, str]] = field(default_factory=list)

    @relaylens.tool
    async def search_documents(self, query: str, limit: int) -> list[dict[str, str]]:
        """Pages of the knowledge base."""
        await pause(self.rng.uniform(0.15, 0.6))
        if not self.available:
            message = "search service: connection timed out after 5 s"
            raise ArchiveUnavailableError(message)
        words = set(query.lower().split())
        found = [documents()[name] for name in self.ticket.documents]
        found.sort(key=lambda page: len(words & set(f"{page.title} {page.fact}".lower().split())), reverse=True)
        return [{"id": page.id, "title": page.title, "fact": page.fact} for page in found[:limit]]

    @relaylens.tool
    async def search_tickets(self, category: str) -> list[dict[str, str | int]]:
        """Past tickets of the same kind."""
        await pause(self.rng.uniform(0.1, 0.4))
        return [
            {
                "ticket": self.rng.randrange(1000, 9000),
                "category": category,
                "solved_in_hours": self.rng.randrange(1, 48),
                "rating": self.rng.randrange(3, 6),
            }
            for _ in range(self.rng.randrange(1, 4))
        ]

    @relaylens.tool
    async def send_reply(self, ticket: int, text: str) -> dict[str, str | int]:
        """Send the mail."""
        await pause(self.rng.uniform(0.1, 0.3))
        return {"status": "sent", "message": f"msg-{ticket}-{self.rng.randrange(100, 999)}", "characters": len(text)}

    @relaylens.tool
    async def store_guideline(self, category: str, lesson: str) -> dict[str, str]:
        """Remember what a person has corrected."""
        await pause(self.rng.uniform(0.05, 0.2))
        self.guidelines.append((category, lesson))
        return {"status": "stored", "category": category}
