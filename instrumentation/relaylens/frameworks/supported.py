"""Which frameworks have a file here; each is read when it is needed."""

import importlib
from typing import Final

from relaylens.frameworks.base import Framework

SUPPORTED: Final[tuple[str, ...]] = (
    "agent-framework",
    "agno",
    "anthropic",
    "autogen",
    "crewai",
    "google-adk",
    "langgraph",
    "llama-index",
    "openai",
    "openai-agents",
    "pydantic-ai",
    "smolagents",
    "strands",
)
"""Names of the frameworks and model clients: those of their extras, and with `_` those of their files."""


def load(name: str) -> Framework:
    """The description of a framework."""
    framework: Framework = importlib.import_module(f"relaylens.frameworks.{name.replace('-', '_')}").FRAMEWORK
    return framework
