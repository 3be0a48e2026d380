"""The items, and how one says whether it holds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from relaylens_collector.conformance.target import Target

Test = Callable[["Target"], str | None]
"""Raises `FailedError` or `NeedsError`; the answer is a remark for the table."""


class Verdict(StrEnum):
    """What became of an item."""

    PASSED = "pass"
    FAILED = "FAIL"
    UNTESTED = "not checked"


class ConformanceError(Exception):
    """Base of what an item raises."""


class FailedError(ConformanceError):
    """The server does not hold the item; the message says what it did."""


class NeedsError(ConformanceError):
    """The item, or a part of it, cannot be tested like this; the message says what is needed."""


@dataclass(frozen=True)
class Item:
    """One item of the checklist."""

    code: str
    level: str
    """M, S or R: MUST, SHOULD, robustness beyond the text."""
    title: str
    test: Test
    takes_long: bool
    """Runs beside the others, since it waits."""


ITEMS: Final[dict[str, Item]] = {}
"""All items by code, filled as the families are imported."""


def item(code: str, level: str, title: str, *, takes_long: bool = False) -> Callable[[Test], Test]:
    """Register the test of an item."""

    def register(test: Test) -> Test:
        ITEMS[code] = Item(code, level, title, test, takes_long)
        return test

    return register


def expect(condition: object, message: str) -> None:
    """Fail the item unless the condition holds."""
    if not condition:
        raise FailedError(message)


def rest_needs(what: str) -> NeedsError:
    """What a test raises whose first part holds and whose rest cannot be seen: half an item is not passed."""
    return NeedsError(f"{what}; what can be seen without it holds")
