"""What Streamlit has no element for: the map, the lanes, tables and headline numbers, drawn in the browser from data made here.

The scripts are ours and fixed. Data reaches them as JSON, and `shared.js` makes every text a text node, so nothing in a trace is markup.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import streamlit as st

NAMES: Final = ("finding", "lanes", "legend", "links", "network_map", "strip", "table", "tiles", "transcript")
"""The components, each a script of the same name beside this file."""


@cache
def source(name: str) -> str:
    """Give a component's whole script: what all share, then its own."""
    folder = files(__package__)
    return "\n".join((folder / part).read_text(encoding="utf-8") for part in ("shared.js", f"{name}.js"))


@cache
def style() -> str:
    """Give the style that all share."""
    return (files(__package__) / "style.css").read_text(encoding="utf-8")


def mount(name: str, data: Mapping[str, object], *, key: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """Put a component on the page; a click in it opens an address, so there is nothing to wait for."""
    _renderer(name)(data=dict(data), key=key, width=width)


@cache
def _renderer(name: str) -> Any:  # noqa: ANN401 - Streamlit does not export the type
    return st.components.v2.component(f"relaylens.{name}", html='<div class="host"></div>', css=style(), js=source(name))
