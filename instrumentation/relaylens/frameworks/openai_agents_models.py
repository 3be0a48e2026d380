"""Model calls of the OpenAI Agents SDK that are not made by OpenAI's HTTP client, which has an instrumentation of its own."""

import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Final

from relaylens.around import Around
from relaylens.calls import ModelCall
from relaylens.frameworks import openai_agents_texts as texts
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.openai_agents_runs import current_loop
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import Region

_BY_CLIENT: Final = frozenset({"OpenAIChatCompletionsModel", "OpenAIResponsesModel"})
"""The SDK's models that call OpenAI's HTTP client."""
_BY_SOCKET: Final = frozenset({"OpenAIResponsesWSModel"})
"""Those that are made from them and do not."""


class _Request(Around):
    """One model call, in which other instrumentations say nothing."""

    def __init__(self, framework: Framework, model: Any, given: Any) -> None:  # noqa: ANN401 - agents.Model, ModelInputData
        """Prepare."""
        name = getattr(model, "model", None)
        self._call = ModelCall(str(name) if name else type(model).__qualname__, None, "chat")
        self._silence = Region(framework, silent=CLIENT_SCOPES)
        self._given = given

    def _enter(self) -> None:
        self._call._enter()  # noqa: SLF001 - both are Arounds
        self._silence._enter()  # noqa: SLF001 - as above

    def _called(self, function: Any, args: Arguments, kwargs: Named) -> None:  # noqa: ANN401, ARG002 - the hook's form
        if self._given.instructions is not None:
            self._call.system(self._given.instructions)
        self._call.messages(texts.conversation(self._given.input))

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - ModelResponse, or the events of a stream
        response = _completed(value) if isinstance(value, list) else value
        if response is None:
            return
        parts = texts.answered(response.output)[0]["parts"]
        calls = [part for part in parts if part["type"] == "tool_call"]
        said = "".join(part["content"] for part in parts if part["type"] == "text")
        self._call.answer(said or (None if calls else ""), tool_calls=calls, model=texts.field(response, "model"))
        usage = response.usage
        if usage is not None and usage.total_tokens:
            cached = getattr(usage.input_tokens_details, "cached_tokens", None)
            self._call.usage(usage.input_tokens, usage.output_tokens, cached_tokens=cached)

    def _suspend(self) -> None:
        self._silence._suspend()  # noqa: SLF001 - as above
        self._call._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        self._call._resume()  # noqa: SLF001 - as above
        self._silence._resume()  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        self._silence._leave(error)  # noqa: SLF001 - as above
        self._call._leave(error)  # noqa: SLF001 - as above


def _completed(events: Iterable[Any]) -> Any:  # noqa: ANN401 - openai's Response
    """The response that a stream ended with, if it did."""
    return next((event.response for event in reversed(list(events)) if getattr(event, "type", None) == "response.completed"), None)


def patch(framework: Framework, patches: Patches) -> None:
    """Put spans around the calls of models that nobody else records."""
    run_loop: ModuleType = sys.modules["agents.run_internal.run_loop"]

    def model_found(instance: Any, args: Arguments, named: Named, result: Any) -> None:  # noqa: ANN401, ARG001 - the hook's form
        loop = current_loop()
        if loop is not None:
            loop.model = result

    def input_found(instance: Any, args: Arguments, named: Named, result: Any) -> None:  # noqa: ANN401, ARG001 - the hook's form
        loop = current_loop()
        if loop is not None:
            loop.model_input = result

    def request(instance: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
        loop = current_loop()
        if loop is None or loop.model is None or loop.model_input is None:
            return None
        kinds = {kind.__name__ for kind in type(loop.model).__mro__}
        return None if kinds & _BY_CLIENT and not kinds & _BY_SOCKET else _Request(framework, loop.model, loop.model_input)

    patches.after(run_loop, "get_model", model_found)
    patches.after(run_loop, "maybe_filter_model_input", input_found)
    patches.around(run_loop, "get_response_with_retry", request)
    patches.around(run_loop, "stream_response_with_retry", request)
