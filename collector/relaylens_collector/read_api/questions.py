"""Reading the JSON that the read API is sent, with a clear word on what is wrong in it."""

import json
from typing import Any, Final

from relaylens_collector.errors import QueryError
from relaylens_collector.read_api.formats import FORMATS
from relaylens_collector.read_api.sql import Question

_SQL_FIELDS: Final = frozenset({"sql", "params", "format", "max_rows"})
_PARAMETER: Final = (str, int, float, bool, type(None))


def read_object(body: bytes, fields: frozenset[str], refused: type[QueryError] = QueryError) -> dict[str, Any]:
    """Read a JSON object that has no other fields than these; what is none is `refused`."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = f"The body is not JSON: {error}."
        raise refused(message) from error
    if not isinstance(document, dict):
        message = "The body is not a JSON object."
        raise refused(message)
    unknown = sorted(set(document) - fields)
    if unknown:
        message = f"{unknown[0]!r} is not a field; there are {', '.join(sorted(fields))}."
        raise refused(message)
    return document


def read_question(body: bytes) -> tuple[Question, str]:
    """Read a query and the format it is to be answered in."""
    document = read_object(body, _SQL_FIELDS)
    sql = document.get("sql")
    params = document.get("params", {})
    params = {} if params is None else params
    max_rows = document.get("max_rows")
    wanted = document.get("format") or "json"
    if not isinstance(sql, str) or not sql.strip():
        message = "The field 'sql' has to hold a SELECT."
        raise QueryError(message)
    if not isinstance(params, dict) or not all(_is_parameter(value) for value in params.values()):
        message = "The field 'params' has to be an object of names and values: text, numbers, true, false, null or lists of them."
        raise QueryError(message)
    if max_rows is not None and (not isinstance(max_rows, int) or isinstance(max_rows, bool) or max_rows < 0):
        message = "The field 'max_rows' has to be a whole number."
        raise QueryError(message)
    if not _is_unicode(document):
        message = "A text in the body holds half of a surrogate pair, which is no character."
        raise QueryError(message)
    if wanted not in FORMATS:
        message = f"The field 'format' has to be one of {', '.join(FORMATS)}."
        raise QueryError(message)
    return Question(sql, params, max_rows), wanted


def _is_unicode(document: dict[str, Any]) -> bool:
    """Tell whether all texts can be written: JSON allows the escape of a lone surrogate."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_parameter(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, _PARAMETER) for item in value)
    return isinstance(value, _PARAMETER)
