"""Who is asking: the project and the rights that a token gives at a collector."""

import json
from dataclasses import dataclass
from typing import Final

from relaylens_analytics.errors import BadAnswerError
from relaylens_analytics.http_client import HttpClient

WHO_AM_I_PATH: Final = "/api/v1/whoami"
"""Where a collector says what a token is good for."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a collector says of the holder of a token."""

    project: str
    """Whose data are shown."""

    scopes: frozenset[str]
    """What it may do: `relaylens_collector.access.Scope`."""


def who_am_i(url: str, *, token: str | None = None, timeout_s: float = 60.0) -> Identity:
    """Ask the collector at an address what it shows to the holder of the token, and lets them do."""
    answer = HttpClient(url, token=token, timeout_s=timeout_s).get(WHO_AM_I_PATH)
    try:
        said = json.loads(answer)
        return Identity(str(said["project"]), frozenset(map(str, said["scopes"])))
    except (ValueError, KeyError, TypeError) as error:
        detail = f"{url}{WHO_AM_I_PATH}: {error!r}"
        raise BadAnswerError(detail) from error
