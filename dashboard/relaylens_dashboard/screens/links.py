"""Ways to other views, side by side."""

from relaylens_dashboard import components


def show(*ways: tuple[str, str], key: str) -> None:
    """Draw links, each what it says and the address it opens."""
    components.mount("links", {"links": [{"text": text, "link": link} for text, link in ways]}, key=key, width="content")
