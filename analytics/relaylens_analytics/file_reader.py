"""Reads a store's file, when no collector holds it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from relaylens_analytics.errors import NoStoreError, OutdatedStoreError, QueryError, StoreInUseError, UnreadableStoreError
from relaylens_analytics.reader import ReaderBase
from relaylens_analytics.stages import statement
from relaylens_analytics.values import Value, to_wire

DATABASE: Final = "relaylens.duckdb"
"""Name of the database in the store's folder."""

_LOCKED_DOWN: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": False,  # a query reads this database and nothing else of the machine
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # a name in a query is never a variable of ours
    "lock_configuration": True,
}

_HELD: Final = ("set lock on file", "different configuration")
"""Words of DuckDB's errors when another process, or this one, has the file open for writing."""

_MISSING: Final = re.compile(r"with name (\w+) does not exist")


class FileReader(ReaderBase):
    """A store's database, opened read-only; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open the database of a store's folder, or a database file."""
        self._url = str(folder)
        path = folder / DATABASE if folder.is_dir() else folder
        if not path.is_file():
            detail = f"Looked for {path}."
            raise NoStoreError(detail)
        try:
            self._connection = duckdb.connect(path, read_only=True, config=_LOCKED_DOWN)
        except (duckdb.IOException, duckdb.ConnectionException) as error:
            reason = str(error)
            if any(words in reason for words in _HELD):
                detail = f"({path})"
                raise StoreInUseError(detail) from error
            detail = f"{path}: {reason}"
            raise UnreadableStoreError(detail) from error
        except duckdb.Error as error:
            detail = f"{path}: {error}"
            raise UnreadableStoreError(detail) from error

    @property
    def url(self) -> str:
        """The folder or file, as given."""
        return self._url

    def query(self, sql: str, params: Mapping[str, Value] | None = None, *, max_rows: int | None = None) -> pa.Table:
        """Answer one SELECT with its `$parameters` bound; `max_rows` cuts the answer off."""
        with self._connection.cursor() as cursor:
            try:
                parsed = cursor.extract_statements(sql)
                if len(parsed) != 1 or parsed[0].type != duckdb.StatementType.SELECT:
                    detail = "Give exactly one SELECT."
                    raise QueryError(detail)
                relation = cursor.sql(parsed[0], params=to_wire(params))
                if max_rows is not None:
                    relation = relation.limit(max_rows)
                return relation.to_arrow_table()
            except duckdb.CatalogException as error:
                missing = _MISSING.search(str(error))
                if missing and f"{missing[1]}.sql" in statement("nouns/_order").split():
                    detail = f"It has no {missing[1]} yet ({self._url})."
                    raise OutdatedStoreError(detail) from error
                raise QueryError(str(error)) from error
            except duckdb.Error as error:
                raise QueryError(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
