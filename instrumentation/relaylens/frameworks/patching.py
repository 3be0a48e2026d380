"""Putting something around a framework's functions, and taking it away again."""

from collections.abc import Callable
from typing import Any, Final

import wrapt

from relaylens.around import Around, Call, way_to_call
from relaylens.safety import guarded

Arguments = tuple[Any, ...]
Named = dict[str, Any]
Make = Callable[[Any, Arguments, Named], Around | None]
"""From the instance, the arguments and the named arguments of a call: what stands around it, or None for nothing."""

_ABSENT: Final = object()


class Patches:
    """The functions that were replaced, so that each can be given back.

    Whatever our side does is guarded: the framework's function is called exactly once with the arguments it was given, and its
    result and its exceptions leave as they are.
    """

    def __init__(self) -> None:
        """Nothing is replaced yet."""
        self.tracer_provider: Any = None
        """Where frameworks that record themselves are told to write."""
        self._replaced: list[tuple[Any, str, Any]] = []

    def around(self, owner: Any, name: str, make: Make, *, call: Call | None = None) -> None:  # noqa: ANN401 - a class or a module
        """Put what `make` gives around every call of `owner.name`.

        `call` says how the function is to be called where its kind cannot be seen (a plain function that returns a coroutine).
        """

        def build(original: Callable[..., Any]) -> Callable[..., Any]:
            calling = way_to_call(original) if call is None else call
            doing = f"record {getattr(owner, '__name__', owner)}.{name}"

            def wrapper(wrapped: Callable[..., Any], instance: Any, args: Arguments, kwargs: Named) -> Any:  # noqa: ANN401
                made: Around | None = None
                with guarded(doing):
                    made = make(instance, args, kwargs)
                return wrapped(*args, **kwargs) if made is None else calling(made, wrapped, args, kwargs)

            return wrapper

        self._replace(owner, name, build)

    def before(self, owner: Any, name: str, note: Callable[[Any, Arguments, Named], object]) -> None:  # noqa: ANN401
        """Let `note` see the instance and the arguments before every call of `owner.name`."""

        def build(original: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ARG001 - any kind of function
            def wrapper(wrapped: Callable[..., Any], instance: Any, args: Arguments, kwargs: Named) -> Any:  # noqa: ANN401
                with guarded(f"see {name} begin"):
                    note(instance, args, kwargs)
                return wrapped(*args, **kwargs)

            return wrapper

        self._replace(owner, name, build)

    def after(self, owner: Any, name: str, note: Callable[[Any, Arguments, Named, Any], object]) -> None:  # noqa: ANN401
        """Let `note` see the instance, the arguments and the result after every call of `owner.name` that returned.

        The result of a coroutine function is what it was awaited for; generators are not waited for.
        """

        def build(original: Callable[..., Any]) -> Callable[..., Any]:
            is_coroutine = way_to_call(original).__name__ == "call_coroutine"

            def seen(instance: Any, args: Arguments, kwargs: Named, result: Any) -> None:  # noqa: ANN401
                with guarded(f"see {name} end"):
                    note(instance, args, kwargs, result)

            async def awaiting(wrapped: Callable[..., Any], instance: Any, args: Arguments, kwargs: Named) -> Any:  # noqa: ANN401
                result = await wrapped(*args, **kwargs)
                seen(instance, args, kwargs, result)
                return result

            def wrapper(wrapped: Callable[..., Any], instance: Any, args: Arguments, kwargs: Named) -> Any:  # noqa: ANN401
                if is_coroutine:
                    return awaiting(wrapped, instance, args, kwargs)
                result = wrapped(*args, **kwargs)
                seen(instance, args, kwargs, result)
                return result

            return wrapper

        self._replace(owner, name, build)

    def _replace(self, owner: Any, name: str, build: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:  # noqa: ANN401
        """Replace one function."""
        with guarded(f"patch {getattr(owner, '__name__', owner)}.{name}"):
            own = vars(owner).get(name, _ABSENT)
            wrapt.wrap_function_wrapper(owner, name, build(getattr(owner, name)))
            self._replaced.append((owner, name, own))

    def put(self, owner: Any, name: str, value: object) -> None:  # noqa: ANN401
        """Put a value in the place of `owner.name`: a setting of the framework."""
        with guarded(f"set {getattr(owner, '__name__', owner)}.{name}"):
            own = vars(owner).get(name, _ABSENT)
            setattr(owner, name, value)
            self._replaced.append((owner, name, own))

    def undo(self) -> None:
        """Give back what was replaced, the last first."""
        while self._replaced:
            owner, name, own = self._replaced.pop()
            with guarded(f"give back {name}"):
                if own is _ABSENT:
                    delattr(owner, name)
                else:
                    setattr(owner, name, own)
