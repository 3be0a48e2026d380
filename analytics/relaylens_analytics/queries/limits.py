"""How much a list gives at most where the caller does not say."""

from typing import Final

ROWS: Final = 1_000
"""Rows of a list."""

SEARCHED: Final = 2_000
"""Runs whose every turn a text is looked for in; of all others only what was asked and answered is searched."""

SPANS: Final = 5_000
"""Spans of one run at once."""

PAGE: Final = 50
"""Rows of a page."""

TEXT: Final = 20_000
"""Characters of a text in a list; the whole is on the span."""
