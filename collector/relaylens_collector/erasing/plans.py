"""An erasure as it is planned, journalled and read back."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

from relaylens_collector.erasing.bodies import without_content, without_records
from relaylens_collector.journal import request_hash
from relaylens_collector.records import Erasure, Record, Removed

ERASE: Final = "erase"
HOLD: Final = "hold"
RELEASE: Final = "release"


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes of one record."""

    seq: int
    places: frozenset[int] | None = None
    """Which of its records, by their place in the request; None for all."""

    content: bool = False
    """Whether the texts of what is left go."""

    @property
    def removed(self) -> Removed:
        """What that takes out."""
        of_records = Removed(0) if self.places is not None and not self.places else Removed.RECORDS
        return of_records | (Removed.CONTENT if self.content else Removed(0))

    def left_of(self, record: Record) -> bytes:
        """Return what is left of a record's body."""
        if self.places is None:
            return b""
        left = without_records(record.body, self.places) if self.places else record.body
        return without_content(record.signal, left) if self.content else left


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes, and why."""

    choices: tuple[Choice, ...]
    rows: int
    rule: str
    said_by: str
    kind: str | None = None
    subject: str | None = None
    """A hash: the operation must not keep what it erases."""

    held_rows: int = 0
    """Rows that would go, were they not held."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An erasure as the journal has it."""

    seq: int
    choices: dict[int, Choice]
    hashes: dict[int, bytes]
    """For each record of which something is left, the SHA-256 of signal and body that are left."""

    @classmethod
    def of(cls, record: Record) -> Self | None:
        """Read an operation; nothing when it is no erasure."""
        said: dict[str, Any] = json.loads(record.body) if record.body else {}
        if said.get("operation") != ERASE:
            return None
        choices = {seq: Choice(seq) for seq in _numbers(said["whole"])}
        hashes: dict[int, bytes] = {}
        for seq, places, content, left in said["parts"]:
            choices[seq] = Choice(seq, frozenset(_numbers(places)), bool(content))
            hashes[seq] = bytes.fromhex(left)
        return cls(record.seq, choices, hashes)

    def change(self, record: Record) -> tuple[Erasure, bytes] | None:
        """Return what becomes of a record; nothing when it is not named, or was changed by this operation or a later one."""
        choice = self.choices.get(record.seq)
        before = record.erasure
        if choice is None or (before is not None and before.operation >= self.seq):
            return None
        left = choice.left_of(record)
        found = request_hash(record.signal, left)
        if record.seq in self.hashes and found != self.hashes[record.seq]:
            message = f"what is left of record {record.seq} is not what operation {self.seq} says"
            raise ValueError(message)
        return Erasure(self.seq, choice.removed | (Removed(0) if before is None else before.removed), found), left

    def explains(self, record: Record) -> bool:
        """Tell whether an erased record, which verifies by itself, is as this operation left it."""
        choice = self.choices.get(record.seq)
        if choice is None or record.erasure is None or record.seq >= self.seq:
            return False
        return record.body == b"" if choice.places is None else record.erasure.body_hash == self.hashes.get(record.seq)


def operation_body(plan: Plan, left: dict[int, bytes]) -> bytes:
    """Write an erasure down; `left` has the hash of what is left for each record that is not erased as a whole."""
    return json.dumps(
        {
            "operation": ERASE,
            "rule": plan.rule,
            "kind": plan.kind,
            "subject": plan.subject,
            "said_by": plan.said_by,
            "records": len(plan.choices),
            "rows_removed": plan.rows,
            "whole": _ranges(choice.seq for choice in plan.choices if choice.places is None),
            "parts": [
                [choice.seq, _ranges(choice.places), choice.content, left[choice.seq].hex()]
                for choice in plan.choices
                if choice.places is not None
            ],
        }
    ).encode()


def _ranges(numbers: Iterable[int]) -> str:
    """Write numbers as `1-3,7`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _numbers(text: str) -> Iterator[int]:
    """Read numbers written as `1-3,7`."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
