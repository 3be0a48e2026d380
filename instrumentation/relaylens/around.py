"""What stands around a block of the host's code: a context manager and a decorator, for every kind of function."""
# ruff: noqa: SLF001 - the wrappers below are the other half of the class
# ruff: noqa: B027 - hooks that most leave empty

import copy
import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, cast

from relaylens.safety import guarded

P = ParamSpec("P")
R = TypeVar("R")

_MOST_ITEMS: Final = 10_000
"""Items of a generator that are kept as its output."""


class Around(ABC):
    """Something that begins before a block and ends after it, by `with`, `async with` or `@`.

    The block's exceptions always leave as they are. None of the hooks below may raise.
    """

    @abstractmethod
    def _enter(self) -> None:
        """Begin."""

    @abstractmethod
    def _leave(self, error: BaseException | None) -> None:
        """End; `error` is what the block raised."""

    def _called(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """See the arguments of the decorated function."""

    def _returned(self, value: object) -> None:
        """See the result of the decorated function."""

    def _suspend(self) -> None:
        """Give the caller's context back while a generator waits."""

    def _resume(self) -> None:
        """Take the context again when a generator goes on."""

    def _fresh(self) -> Self:
        """An unused copy, one for each call of a decorated function."""
        fresh = copy.copy(self)
        fresh._renew()
        return fresh

    def _renew(self) -> None:
        """Part from the original that this is a copy of."""

    def _name_after(self, function: Callable[..., Any]) -> None:
        """Take the name of the decorated function where none was given."""

    def __enter__(self) -> Self:
        """Begin."""
        self._enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End."""
        self._leave(error)

    async def __aenter__(self) -> Self:
        """Begin."""
        self._enter()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End."""
        self._leave(error)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate a function, coroutine function, generator function or asynchronous generator function."""
        self._name_after(function)
        if inspect.isasyncgenfunction(function):
            return cast("Callable[P, R]", _around_async_generator(self, function))
        if inspect.isgeneratorfunction(function):
            return cast("Callable[P, R]", _around_generator(self, function))
        if inspect.iscoroutinefunction(function):
            return cast("Callable[P, R]", _around_coroutine(self, function))
        return _around_function(self, function)


def _around_function(around: Around, function: Callable[P, R]) -> Callable[P, R]:
    """A plain function."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with around._fresh() as fresh:
            with guarded("record a call"):
                fresh._called(function, args, kwargs)
            result = function(*args, **kwargs)
            with guarded("record a result"):
                fresh._returned(result)
            return result

    return call


def _around_coroutine(around: Around, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A coroutine function."""

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the decorated function's own types
        with around._fresh() as fresh:
            with guarded("record a call"):
                fresh._called(function, args, kwargs)
            result = await function(*args, **kwargs)
            with guarded("record a result"):
                fresh._returned(result)
            return result

    return call


def _around_generator(around: Around, function: Callable[..., Generator[Any, Any, Any]]) -> Callable[..., Generator[Any, Any, Any]]:
    """A generator function: begins with the first item, ends with the last; the caller never sees our context."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401 - the decorated function's own types
        fresh = around._fresh()
        items: list[object] = []
        fresh._enter()
        with guarded("record a call"):
            fresh._called(function, args, kwargs)
        generator = function(*args, **kwargs)
        step = functools.partial(next, generator)
        failure: BaseException | None = None
        try:
            while True:
                item = step()
                if len(items) < _MOST_ITEMS:
                    items.append(item)
                fresh._suspend()
                try:
                    sent = yield item
                except GeneratorExit:
                    fresh._resume()
                    generator.close()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - whatever is thrown in belongs to the generator
                    step = functools.partial(generator.throw, thrown)
                else:
                    step = functools.partial(generator.send, sent)
                fresh._resume()
        except StopIteration as stop:
            with guarded("record a result"):
                fresh._returned(_joined(items))
            return stop.value
        except GeneratorExit as stopped:
            with guarded("record a result"):
                fresh._returned(_joined(items))
            failure = stopped
            raise
        except BaseException as error:
            failure = error
            raise
        finally:
            fresh._leave(failure)

    return call


def _around_async_generator(around: Around, function: Callable[..., AsyncGenerator[Any, Any]]) -> Callable[..., AsyncGenerator[Any, Any]]:
    """An asynchronous generator function, in the same way."""

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:  # noqa: ANN401 - the decorated function's own types
        fresh = around._fresh()
        items: list[object] = []
        fresh._enter()
        with guarded("record a call"):
            fresh._called(function, args, kwargs)
        generator = function(*args, **kwargs)
        step: Callable[[], Awaitable[Any]] = functools.partial(anext, generator)
        failure: BaseException | None = None
        try:
            while True:
                item = await step()
                if len(items) < _MOST_ITEMS:
                    items.append(item)
                fresh._suspend()
                try:
                    sent = yield item
                except GeneratorExit:
                    fresh._resume()
                    await generator.aclose()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - whatever is thrown in belongs to the generator
                    step = functools.partial(generator.athrow, thrown)
                else:
                    step = functools.partial(generator.asend, sent)
                fresh._resume()
        except StopAsyncIteration:
            with guarded("record a result"):
                fresh._returned(_joined(items))
        except GeneratorExit as stopped:
            with guarded("record a result"):
                fresh._returned(_joined(items))
            failure = stopped
            raise
        except BaseException as error:
            failure = error
            raise
        finally:
            fresh._leave(failure)

    return call


def _joined(items: list[object]) -> object:
    """Pieces of a text as the text, other items as a list."""
    texts = [item for item in items if isinstance(item, str)]
    return "".join(texts) if items and len(texts) == len(items) else items
