"""Calls that give an awaitable or a stream, as most functions of the Microsoft Agent Framework do."""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from relaylens.around import Around, call_coroutine
from relaylens.safety import guarded


def call_either(around: Around, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
    """Call a function that gives a stream if it is asked for one, else an awaitable."""
    if not kwargs.get("stream"):
        return call_coroutine(around, function, args, kwargs)
    life = _Life(around)
    # The framework's own span of the stream begins in this call.
    with life.pull():
        try:
            stream = function(*args, **kwargs)
        except BaseException as error:
            life.end(None, error)
            raise
    with guarded("follow a stream"):
        _follow(life, stream)
    return stream


def _follow(life: "_Life", stream: Any) -> None:  # noqa: ANN401 - a ResponseStream
    """Be around each pull of a stream, and end with it."""

    async def end() -> None:
        response: object = None
        # The framework's own telemetry asks for the response in the same place.
        error = stream._stream_error  # noqa: SLF001 - the framework has no public word for it
        if error is None:
            response = await stream.get_final_response()
        life.end(response, error)

    stream.with_pull_context_manager(life.pull).with_cleanup_hook(end)
    weakref.finalize(stream, life.end, None, None)


class _Life:
    """What stands around a stream, from the call that makes it."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._has_begun = False
        self._has_ended = False

    @contextmanager
    def pull(self) -> Iterator[None]:
        """Be around one pull."""
        with guarded("go on with a stream"):
            if not self._has_begun:
                self._has_begun = True
                self._around._enter()  # noqa: SLF001 - this is the other half of an Around
            elif not self._has_ended:
                self._around._resume()  # noqa: SLF001 - as above
        try:
            yield
        finally:
            with guarded("wait for a stream"):
                self._around._suspend()  # noqa: SLF001 - as above

    def end(self, response: object, error: BaseException | None) -> None:
        """The stream has ended, or nobody follows it any more."""
        if self._has_ended or not self._has_begun:
            return
        self._has_ended = True
        with guarded("record a stream's result"):
            self._around._resume()  # noqa: SLF001 - as above
            if response is not None:
                self._around._returned(response)  # noqa: SLF001 - as above
        with guarded("end a stream"):
            self._around._leave(error)  # noqa: SLF001 - as above
