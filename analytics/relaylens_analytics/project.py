"""Which project is read: the one that the token belongs to."""

import json
from typing import Final

from relaylens_analytics.errors import BadAnswerError
from relaylens_analytics.http_client import HttpClient

WHO_AM_I_PATH: Final = "/api/v1/whoami"
"""Where a collector says what a token is good for."""


def project_of(url: str, *, token: str | None = None, timeout_s: float = 60.0) -> str:
    """Ask the collector at an address which project it shows to the holder of the token."""
    answer = HttpClient(url, token=token, timeout_s=timeout_s).get(WHO_AM_I_PATH)
    try:
        return str(json.loads(answer)["project"])
    except (ValueError, KeyError, TypeError) as error:
        detail = f"{url}{WHO_AM_I_PATH}: {error!r}"
        raise BadAnswerError(detail) from error
