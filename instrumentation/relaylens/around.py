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

    keeps_items = True
    """Whether the items of a generator are kept, to be seen as its result."""

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
            return cast("Callable[P, R]", functools.wraps(function)(_async_generator(self._fresh, function)))
        if inspect.isgeneratorfunction(function):
            return cast("Callable[P, R]", functools.wraps(function)(_generator(self._fresh, function)))
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def await_it(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401 - the decorated function's own type
                return await call_coroutine(self._fresh(), function, args, kwargs)

            return cast("Callable[P, R]", await_it)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            return cast("R", call_function(self._fresh(), function, args, kwargs))

        return run


Call = Callable[["Around", Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
"""Calls a function with something around it."""


def way_to_call(function: Callable[..., Any]) -> Call:
    """How to call such a function with something around it."""
    if inspect.isasyncgenfunction(function):
        return call_async_generator
    if inspect.isgeneratorfunction(function):
        return call_generator
    if inspect.iscoroutinefunction(function):
        return call_coroutine
    return call_function


def call_function(around: Around, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
    """Call a plain function."""
    with around:
        with guarded("record a call"):
            around._called(function, args, kwargs)
        result = function(*args, **kwargs)
        with guarded("record a result"):
            around._returned(result)
        return result


async def call_coroutine(around: Around, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
    """Call a coroutine function."""
    with around:
        with guarded("record a call"):
            around._called(function, args, kwargs)
        result = await function(*args, **kwargs)
        with guarded("record a result"):
            around._returned(result)
        return result


def _generator(fresh: Callable[[], Around], function: Callable[..., Any]) -> Callable[..., Generator[Any, Any, Any]]:
    """A generator function: begins with the first item, ends with the last; the caller never sees our context."""

    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401 - the function's own types
        around = fresh()
        items: list[object] = []
        around._enter()
        with guarded("record a call"):
            around._called(function, args, kwargs)
        generator = function(*args, **kwargs)
        step = functools.partial(next, generator)
        failure: BaseException | None = None
        try:
            while True:
                item = step()
                if around.keeps_items and len(items) < _MOST_ITEMS:
                    items.append(item)
                around._suspend()
                try:
                    sent = yield item
                except GeneratorExit:
                    around._resume()
                    generator.close()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - whatever is thrown in belongs to the generator
                    step = functools.partial(generator.throw, thrown)
                else:
                    step = functools.partial(generator.send, sent)
                around._resume()
        except StopIteration as stop:
            with guarded("record a result"):
                around._returned(_joined(items))
            return stop.value
        except GeneratorExit as stopped:
            with guarded("record a result"):
                around._returned(_joined(items))
            failure = stopped
            raise
        except BaseException as error:
            failure = error
            raise
        finally:
            around._leave(failure)

    return call


def call_generator(around: Around, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Generator[Any, Any, Any]:
    """Call a generator function."""
    return _generator(lambda: around, function)(*args, **kwargs)


def _async_generator(fresh: Callable[[], Around], function: Callable[..., Any]) -> Callable[..., AsyncGenerator[Any, Any]]:
    """An asynchronous generator function, in the same way."""

    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:  # noqa: ANN401 - the function's own types
        around = fresh()
        items: list[object] = []
        around._enter()
        with guarded("record a call"):
            around._called(function, args, kwargs)
        generator = function(*args, **kwargs)
        step: Callable[[], Awaitable[Any]] = functools.partial(anext, generator)
        failure: BaseException | None = None
        try:
            while True:
                item = await step()
                if around.keeps_items and len(items) < _MOST_ITEMS:
                    items.append(item)
                around._suspend()
                try:
                    sent = yield item
                except GeneratorExit:
                    around._resume()
                    await generator.aclose()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - whatever is thrown in belongs to the generator
                    step = functools.partial(generator.athrow, thrown)
                else:
                    step = functools.partial(generator.asend, sent)
                around._resume()
        except StopAsyncIteration:
            with guarded("record a result"):
                around._returned(_joined(items))
        except GeneratorExit as stopped:
            with guarded("record a result"):
                around._returned(_joined(items))
            failure = stopped
            raise
        except BaseException as error:
            failure = error
            raise
        finally:
            around._leave(failure)

    return call


def call_async_generator(
    around: Around, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> AsyncGenerator[Any, Any]:
    """Call an asynchronous generator function."""
    return _async_generator(lambda: around, function)(*args, **kwargs)


def _joined(items: list[object]) -> object:
    """Pieces of a text as the text, other items as a list."""
    texts = [item for item in items if isinstance(item, str)]
    return "".join(texts) if items and len(texts) == len(items) else items
