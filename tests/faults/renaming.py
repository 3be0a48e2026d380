"""Gives the agents in some spans other names, wherever the spans say them."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from tests.faults.recordings import Key, Recording, key_of, strings


def rename(recording: Recording, keys: AbstractSet[Key], names: Mapping[str, str]) -> None:
    """Put other names in the place of agents' names, in the names of spans, their attributes and their events."""
    pattern = re.compile("|".join(f"(?P<n{place}>{_spelled(name)})" for place, name in enumerate(names)), re.IGNORECASE)
    others = list(names.values())

    def renamed(text: str) -> str:
        return pattern.sub(lambda found: others[int(str(found.lastgroup)[1:])], text)

    for span in recording.spans():
        if key_of(span) in keys:
            span.name = renamed(span.name)
            for pairs in [span.attributes, *[event.attributes for event in span.events]]:
                for text in [text for pair in pairs for text in strings(pair.value)]:
                    text.string_value = renamed(text.string_value)
    for record in recording.records():
        if key_of(record) in keys:
            for text in [text for pair in record.attributes for text in strings(pair.value)]:
                text.string_value = renamed(text.string_value)


def exchange_names(recording: Recording, keys: AbstractSet[Key], one: str, other: str) -> None:
    """Let each of two agents have the other one's name."""
    rename(recording, keys, {one: other, other: one})


def _spelled(name: str) -> str:
    """A name as frameworks write it: its words joined by anything that is no letter, and no part of a longer word."""
    return rf"(?<![A-Za-z]){r'[^A-Za-z0-9]'.join(re.escape(word) for word in name.split('_'))}(?![A-Za-z])"
