"""Putting something around another library's functions: seen and given back, and never in the way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from relaylens.around import Around
from relaylens.frameworks.patching import Patches

Events = list[object]


class Library:
    """A stranger's class."""

    def plain(self, value: int) -> int:
        """Doubles."""
        return value * 2

    async def later(self, value: int) -> int:
        """Doubles later."""
        await asyncio.sleep(0)
        return value * 2

    def items(self, value: int) -> Iterator[int]:
        """Yields two."""
        yield value
        yield value * 2

    async def later_items(self, value: int) -> AsyncIterator[int]:
        """Yields two later."""
        yield value
        yield value * 2

    @classmethod
    def named(cls, value: int) -> tuple[str, int]:
        """Knows its class."""
        return cls.__name__, value

    @staticmethod
    def alone(value: int) -> int:
        """Knows nothing."""
        return value


class Heir(Library):
    """Inherits all."""


class Noted(Around):
    """Notes what happens."""

    def __init__(self, events: Events) -> None:
        """Note into a list."""
        self._events = events

    def _enter(self) -> None:
        self._events.append("enter")

    def _leave(self, error: BaseException | None) -> None:
        self._events.append(("leave", None if error is None else type(error).__name__))

    def _returned(self, value: object) -> None:
        self._events.append(("returned", value))


CALLS = ["plain", "later", "items", "later_items", "named", "alone"]


async def _awaited(value: Any) -> list[int]:  # noqa: ANN401 - one of several kinds
    return [item async for item in value]


def call(name: str, owner: type[Library] = Library) -> object:
    """Call one of the library's functions to its end."""
    result: Any = getattr(owner(), name)(3)
    if name == "later":
        return asyncio.run(result)
    if name == "later_items":
        return asyncio.run(_awaited(result))
    return list(result) if name == "items" else result


@pytest.mark.parametrize("name", CALLS)
def test_every_kind_of_function_is_seen_and_given_back(name: str) -> None:
    """Result and function are what they were; begin, result and end were seen."""
    original, before = vars(Library)[name], call(name)
    events: Events = []
    patches = Patches()

    patches.around(Library, name, lambda *_: Noted(events))
    during = call(name)
    patches.undo()

    assert (before, before) == (during, call(name))
    assert ["enter", ("returned", before), ("leave", None)] == events
    assert vars(Library)[name] is original


def test_an_inherited_function_is_given_back() -> None:
    """The class it was put into is left without one of its own."""
    events: Events = []
    patches = Patches()
    patches.around(Heir, "plain", lambda *_: Noted(events))
    assert (6, 6) == (call("plain", Heir), call("plain"))
    patches.undo()
    assert (3, False) == (len(events), "plain" in vars(Heir))


class Broken(Around):
    """Fails wherever it is allowed to say something."""

    def _enter(self) -> None:
        """Begin."""

    def _leave(self, error: BaseException | None) -> None:
        """End."""

    def _called(self, *_: object) -> None:
        raise RuntimeError

    def _returned(self, value: object) -> None:
        raise RuntimeError(value)


def _breaks(*_: object) -> Any:  # noqa: ANN401 - never returns
    raise RuntimeError


@pytest.mark.parametrize("name", CALLS)
def test_errors_of_ours_stay_inside(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of our callbacks fails, the function is called once and returns what it returns."""
    monkeypatch.setattr("relaylens.safety._raising", False)
    before = call(name)
    ways: list[Callable[[Patches], None]] = [
        lambda patches: patches.around(Library, name, _breaks),
        lambda patches: patches.around(Library, name, lambda *_: Broken()),
        lambda patches: patches.before(Library, name, _breaks),
        lambda patches: patches.after(Library, name, _breaks),
        lambda patches: patches.around(Library, "no_such_function", _breaks),
    ]
    for put in ways:
        patches = Patches()
        put(patches)
        during = call(name)
        patches.undo()
        assert before == during


def test_the_functions_own_error_leaves() -> None:
    """It is seen, and it is the caller's."""
    events: Events = []
    patches = Patches()
    patches.around(Library, "plain", lambda *_: Noted(events))
    with pytest.raises(TypeError) as raised:
        Library().plain()  # type: ignore[call-arg] # the error that is meant
    patches.undo()
    assert "missing 1 required positional argument" in str(raised.value)
    assert ["enter", ("leave", "TypeError")] == events


def test_what_comes_before_and_after_is_seen() -> None:
    """Instance, arguments and result; of a coroutine what it was awaited for."""
    events: Events = []
    patches = Patches()
    for name in ("plain", "later"):
        patches.before(Library, name, lambda instance, args, kwargs: events.append((type(instance), args, kwargs)))
        patches.after(Library, name, lambda _instance, _args, _kwargs, result: events.append(result))
    call("plain")
    call("later")
    patches.undo()
    assert [(Library, (3,), {}), 6] * 2 == events
