"""What the network talks about: tickets, documents, projects and names, from the JSON files in `texts`."""

import json
import random
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

PACKAGE = __package__ or "support_network"


@dataclass(frozen=True)
class Template:
    """A kind of ticket."""

    key: str
    category: str
    urgency: str
    subject: str
    body: str
    documents: tuple[str, ...]
    reply: str


@dataclass(frozen=True)
class Ticket:
    """A customer's message, with the urgency it really has and the reply it deserves."""

    number: int
    key: str
    customer: str
    order: str
    amount: str
    product: str
    category: str
    urgency: str
    subject: str
    body: str
    documents: tuple[str, ...]
    reply: str

    @property
    def user(self) -> str:
        """The customer as the shop's systems name them."""
        return f"customer-{sum(map(ord, self.customer)) % 9000 + 1000}"

    def again(self, number: int) -> "Ticket":
        """The customer writes once more about the same matter."""
        body = f"Hello again, I wrote about this before: {self.body}"
        return replace(self, number=number, subject=f"Re: {self.subject}", body=body)

    def shown(self) -> dict[str, str | int]:
        """What agents get to see of it."""
        return {
            "ticket": self.number,
            "customer": self.customer,
            "order": self.order,
            "subject": self.subject,
            "body": self.body,
        }


@dataclass(frozen=True)
class Document:
    """A page of the shop's knowledge base."""

    id: str
    title: str
    fact: str


@dataclass(frozen=True)
class Project:
    """Work for the planning team."""

    name: str
    tasks: tuple[str, ...]


def _read(name: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """One of the JSON files."""
    return json.loads((files(PACKAGE) / "texts" / name).read_text(encoding="utf-8"))


@cache
def templates() -> tuple[Template, ...]:
    """All kinds of tickets."""
    return tuple(Template(**{**entry, "documents": tuple(entry["documents"])}) for entry in _read("tickets.json"))


@cache
def documents() -> dict[str, Document]:
    """The knowledge base by id."""
    return {entry["id"]: Document(**entry) for entry in _read("documents.json")}


@cache
def projects() -> tuple[Project, ...]:
    """All projects."""
    return tuple(Project(entry["name"], tuple(entry["tasks"])) for entry in _read("projects.json"))


@cache
def names(kind: str) -> tuple[str, ...]:
    """Names of customers, products and reviewers, and amounts."""
    return tuple(_read("names.json")[kind])


def write_ticket(number: int, rng: random.Random) -> Ticket:
    """A ticket as it comes in."""
    template = rng.choice(templates())
    fields = {
        "order": f"FW-{rng.randrange(100_000, 999_999)}",
        "amount": f"{rng.choice(names('amounts'))} €",
        "product": rng.choice(names("products")),
    }
    customer = rng.choice(names("customers"))
    return Ticket(
        number=number,
        key=template.key,
        customer=customer,
        category=template.category,
        urgency=template.urgency,
        subject=template.subject.format(**fields),
        body=f"{template.body.format(**fields)}\n\n{customer}",
        documents=template.documents,
        reply=template.reply.format(**fields),
        **fields,
    )
