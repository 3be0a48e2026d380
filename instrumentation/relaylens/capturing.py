"""How much content leaves the process: `all`, `metadata` or `none`, for everyone and for agents by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relaylens.exceptions import SettingError
from relaylens.scope import normalised
from relaylens.semconv import ContentLevel

_WORDS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on", "span_only", "span_and_event", "all"), ContentLevel.ALL),
    **dict.fromkeys(("0", "false", "no", "off", "no_content", "event_only", "none"), ContentLevel.NONE),
    "metadata": ContentLevel.METADATA,
}
"""Relaylens' own words and those of OpenTelemetry's variable for message content."""

_DEFAULT: Final = "default"
_ORDER: Final = tuple(ContentLevel)


@dataclass(frozen=True)
class Capture:
    """What `capture_content` says."""

    default: ContentLevel = ContentLevel.ALL
    agents: tuple[tuple[str, ContentLevel], ...] = ()
    """Agents that have a level of their own, by the name with which agents are matched."""

    @property
    def keeps_texts(self) -> bool:
        """Whether a text is needed anywhere before it leaves the process, if only for its size."""
        return any(level is not ContentLevel.NONE for level in self.levels)

    @property
    def keeps_all(self) -> bool:
        """Whether nothing is taken away from anyone."""
        return all(level is ContentLevel.ALL for level in self.levels)

    @property
    def levels(self) -> tuple[ContentLevel, ...]:
        """All levels that occur."""
        return (self.default, *(level for _, level in self.agents))

    def of(self, agent: str) -> ContentLevel | None:
        """The level of an agent that has its own."""
        return dict(self.agents).get(normalised(agent)) if self.agents else None

    def __str__(self) -> str:
        """As it is written in the environment."""
        return ",".join([str(self.default), *(f"{agent}={level}" for agent, level in self.agents)])


def strictest(levels: list[ContentLevel]) -> ContentLevel:
    """The level that lets least through."""
    return max(levels, key=_ORDER.index)


Content = bool | str | Capture | Mapping[str, bool | str]
"""The values of `capture_content`."""


def capture_of(given: Content) -> Capture:
    """The meaning of `capture_content`: a level, or levels by agent with one for `default`."""
    if isinstance(given, Capture):
        return given
    if isinstance(given, Mapping):
        levels = {name: _level(value) for name, value in given.items()}
        default = levels.pop(_DEFAULT, ContentLevel.ALL)
        return Capture(default, tuple((normalised(name), level) for name, level in levels.items()))
    if isinstance(given, str) and ("," in given or "=" in given):
        return capture_of(_pairs(given))
    return Capture(_level(given))


def _pairs(text: str) -> dict[str, str]:
    """Levels as the environment writes them: `all,payroll=none,docs=metadata`."""
    pairs: dict[str, str] = {}
    for part in text.split(","):
        name, equals, level = part.strip().rpartition("=")
        if part.strip():
            pairs[name.strip() if equals else _DEFAULT] = level.strip()
    return pairs


def _level(word: object) -> ContentLevel:
    """A level by any of its words."""
    level = _WORDS.get(str(word).strip().lower())
    if level is None:
        message = f"is {word!r}; allowed are all, metadata, none, true and false, also by agent: `all,payroll=none`"
        raise SettingError(message)
    return level
