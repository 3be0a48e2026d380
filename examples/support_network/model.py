"""The scripted model and what stands in front of it: a retry, a circuit breaker and a fallback."""

import random
from dataclasses import dataclass, field

import relaylens

from .clock import SECOND, now, pause
from .truth import Truth

PRIMARY = "fern-large-2"
FALLBACK = "fern-small-2"
PROVIDER = "scripted"
ATTEMPTS = 2


class ModelOverloadedError(Exception):
    """The model's provider answers 529: overloaded."""


@dataclass
class CircuitBreaker:
    """Spares a model that keeps failing: open after some failures in a row, tried again after a while."""

    failures_to_open: int = 2
    seconds_open: float = 30.0
    failures: int = 0
    opened_at: int | None = field(default=None)

    def allows(self) -> bool:
        """Whether the model may be called."""
        return self.opened_at is None or now() - self.opened_at > self.seconds_open * SECOND

    def failed(self) -> None:
        """The model failed once more."""
        self.failures += 1
        if self.failures >= self.failures_to_open:
            self.opened_at = now()

    def succeeded(self) -> None:
        """The model answers again."""
        self.failures = 0
        self.opened_at = None


def tokens(text: str) -> int:
    """About as many tokens as a model would count."""
    return len(text) // 4 + 1


@dataclass(frozen=True)
class Question:
    """What an agent asks, and what the script has the model answer."""

    agent: str
    system: str
    prompt: str
    answer: str


@dataclass
class Model:
    """The model as the agents of one run see it."""

    truth: Truth
    breaker: CircuitBreaker
    rng: random.Random

    async def ask(self, question: Question, *, overloaded: bool = False) -> str:
        """The answer; when the first model is overloaded, another one gives it."""
        for attempt in range(ATTEMPTS):
            if not self.breaker.allows():
                break
            self.truth.retries += attempt
            try:
                text = await self._call(PRIMARY, question, overloaded=overloaded)
            except ModelOverloadedError:
                self.truth.model_errors += 1
                self.truth.blame(question.agent, "llm_error")
                self.breaker.failed()
                await pause(self.rng.uniform(0.2, 0.6))
            else:
                self.breaker.succeeded()
                return text
        self.truth.fallbacks += 1
        return await self._call(FALLBACK, question, overloaded=False)

    async def _call(self, model: str, question: Question, *, overloaded: bool) -> str:
        """One call, recorded as a program does whose client no instrumentation knows."""
        account = self.truth.agents[question.agent]
        account.model_calls += 1
        with relaylens.model_call(model, provider=PROVIDER) as call:
            call.system(question.system).messages([{"role": "user", "content": question.prompt}])
            if overloaded:
                await pause(self.rng.uniform(0.3, 0.7))
                message = f"529: {model} is overloaded, try again later"
                raise ModelOverloadedError(message)
            await pause(self.rng.uniform(0.5, 1.0) + tokens(question.answer) * 0.012)
            asked, answered = tokens(question.system) + tokens(question.prompt), tokens(question.answer)
            account.input_tokens += asked
            account.output_tokens += answered
            call.answer(question.answer).usage(asked, answered)
        return question.answer
