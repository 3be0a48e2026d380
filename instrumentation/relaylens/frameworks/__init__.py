"""The instrumentations of agent frameworks and model clients that other projects publish: which of them are installed, on and off."""

from relaylens.frameworks.known import KNOWN, Library
from relaylens.frameworks.switching import Switched, SwitchedOn, switch_on

__all__ = ["KNOWN", "Library", "Switched", "SwitchedOn", "switch_on"]
