"""Opens a store by its folder or by its collector's address."""

from pathlib import Path

from relaylens_analytics.errors import StoreAddressError
from relaylens_analytics.file_reader import FileReader
from relaylens_analytics.http_reader import HttpReader
from relaylens_analytics.reader import Reader


def open_store(url: str | Path, *, token: str | None = None, timeout_s: float = 60.0) -> Reader:
    """Open a store for reading: a folder that no collector holds, or `http://host:port` of the collector that does."""
    if isinstance(url, Path):
        return FileReader(url)
    scheme, separator, rest = url.partition("://")
    if separator and scheme in {"http", "https"}:
        return HttpReader(url, token=token, timeout_s=timeout_s)
    if separator and scheme == "file":
        return FileReader(Path(rest))
    if separator:
        detail = f"Got {url!r}."
        raise StoreAddressError(detail)
    return FileReader(Path(url).expanduser())
