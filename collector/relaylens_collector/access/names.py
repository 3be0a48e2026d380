"""Names of projects: each is a folder too, so that nothing else may be in them."""

import re
from typing import Final

from relaylens_collector.errors import ProjectNameError

DEFAULT_PROJECT: Final = "default"
"""The project whose store is the store's folder itself."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")


def check_project(name: str) -> str:
    """Return the name, or raise ProjectNameError."""
    if _NAME.fullmatch(name) is None:
        detail = f"{name[:80]!r} is none."
        raise ProjectNameError(detail)
    return name
