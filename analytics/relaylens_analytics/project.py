"""Who is asking: the project and the rights that a token gives at a collector; and how the project's store is doing."""

import json
from dataclasses import dataclass
from typing import Final

from relaylens_analytics.errors import BadAnswerError
from relaylens_analytics.http_client import HttpClient

WHO_AM_I_PATH: Final = "/api/v1/whoami"
"""Where a collector says what a token is good for."""

READY_PATH: Final = "/readyz"
"""Where a collector says whether it can do its work, with 503 where it cannot."""


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


def problem(url: str, *, token: str | None = None, timeout_s: float = 60.0) -> str | None:
    """Ask the collector at an address what keeps the project's store from going on, such as a detectors.toml that cannot be followed."""
    answer = HttpClient(url, token=token, timeout_s=timeout_s).get(READY_PATH, accepted=(200, 503))
    try:
        said = json.loads(answer)["problem"]
    except (ValueError, KeyError, TypeError) as error:
        detail = f"{url}{READY_PATH}: {error!r}"
        raise BadAnswerError(detail) from error
    return None if said is None else str(said)
