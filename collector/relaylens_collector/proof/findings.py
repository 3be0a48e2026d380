"""What a look at a store finds: each finding says what is wrong, where, and what to do."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final

MOST_OF_A_FAULT: Final = 100
"""Findings of one fault that are told one by one; the others are counted."""


class Verdict(StrEnum):
    """What a report comes to."""

    WHOLE = "whole"
    """Everything was looked at and fits together."""
    BROKEN = "broken"
    """Something is lost, changed or added."""
    UNCHECKED = "unchecked"
    """Nothing wrong was found, but not everything could be looked at."""


class Fault(StrEnum):
    """The kinds of findings."""

    SEGMENT_MISSING = "segment missing"
    SEGMENT_UNREADABLE = "segment unreadable"
    RECORD_DAMAGED = "record damaged"
    RECORD_CHANGED = "record changed"
    CHAIN_BROKEN = "chain broken"
    TAIL_TORN = "tail torn"
    RECORDS_MISSING = "records missing"
    HISTORY_REPLACED = "history replaced"
    ANCHOR_MISSING = "anchor missing"
    ANCHOR_DAMAGED = "anchor damaged"
    ANCHOR_FORGED = "anchor forged"
    KEY_MISSING = "key missing"
    ERASURE_UNEXPLAINED = "erasure unexplained"
    ERASURE_UNDONE = "erasure undone"
    ERASURE_UNFINISHED = "erasure unfinished"
    DATABASE_MISSING = "database missing"
    DATABASE_UNREADABLE = "database unreadable"
    DATABASE_OF_ANOTHER_MAKE = "database of another make"
    DATABASE_BUSY = "database busy"
    BATCH_MISSING = "batch missing"
    BATCHES_MISSING = "batches missing"
    BATCH_REPEATED = "batch repeated"
    RECORDS_WAIT = "records wait"
    RECORD_SET_ASIDE = "record set aside"
    ROWS_MISSING = "rows missing"
    ROWS_ADDED = "rows added"
    ROWS_CHANGED = "rows changed"
    TEXT_CHANGED = "text changed"
    TEXT_ADDED = "text added"
    TEXT_MISSING = "text missing"


NOTES: Final = frozenset({Fault.TAIL_TORN, Fault.RECORDS_WAIT, Fault.RECORD_SET_ASIDE})
"""What a killed process may leave, and the next start deals with: nothing is lost by it."""

UNSEEN: Final = frozenset({Fault.ERASURE_UNFINISHED, Fault.KEY_MISSING, Fault.DATABASE_BUSY, Fault.DATABASE_OF_ANOTHER_MAKE})
"""What keeps from looking."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found."""

    fault: Fault
    where: str
    """The file and the place in it."""

    what: str
    """One sentence."""

    advice: str
    """What to do about it."""

    record: int | None = None
    """The journal's record it is about."""


@dataclass(slots=True)
class Report:
    """All that was found, and what was looked at."""

    findings: list[Finding] = field(default_factory=list)
    counts: dict[Fault, int] = field(default_factory=dict)
    records: int = 0
    """Records of the journal that verify."""

    body_bytes: int = 0
    erased: int = 0
    """Records of which something was erased by an operation that says so."""

    segments: int = 0
    anchors: int = 0
    """Signed anchors that verify and that the journal bears out."""

    last_anchored: int = 0
    """The last record that a signed anchor vouches for."""

    rows: int = 0
    """Rows of the database that are the journal's."""

    seconds: float = 0.0
    last_record: int = 0
    head: str = ""
    """The hash of the last record, in hex: who knows it can tell whether the journal up to there is the same."""

    def add(self, finding: Finding) -> None:
        """Take a finding; of very many of one fault only the first are kept."""
        count = self.counts[finding.fault] = self.counts.get(finding.fault, 0) + 1
        if count <= MOST_OF_A_FAULT:
            self.findings.append(finding)

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        if any(fault not in NOTES | UNSEEN for fault in self.counts):
            return Verdict.BROKEN
        return Verdict.UNCHECKED if any(fault in UNSEEN for fault in self.counts) else Verdict.WHOLE

    def to_json(self) -> str:
        """Write it for programs."""
        document = {
            "verdict": self.verdict,
            "records": self.records,
            "last_record": self.last_record,
            "head": self.head,
            "body_bytes": self.body_bytes,
            "erased_records": self.erased,
            "segments": self.segments,
            "anchors": self.anchors,
            "last_anchored_record": self.last_anchored,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "counts": dict(self.counts),
            "findings": [asdict(finding) | {"is_note": finding.fault in NOTES} for finding in self.findings],
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    def to_text(self) -> str:
        """Write it for people."""
        lines = []
        for finding in self.findings:
            lines += [f"{finding.fault}: {finding.what}", f"    where: {finding.where}", f"    do: {finding.advice}"]
        for fault, count in self.counts.items():
            if count > MOST_OF_A_FAULT:
                lines.append(f"{fault}: {count - MOST_OF_A_FAULT:,} more.")
        journal = f"{self.records:,} records in {self.segments:,} segments, {self.anchors:,} signed anchors"
        lines += [
            f"{self.verdict}: {journal}, {self.rows:,} rows of the database, in {self.seconds:.1f} s",
            f"head of record {self.last_record}: {self.head}",
        ]
        return "\n".join(lines) + "\n"
