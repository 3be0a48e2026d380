"""The dashboard: what Streamlit runs for every view. `serve` says how it is started."""

from pathlib import Path
from typing import Final, Literal

import streamlit as st

PAGES: Final[tuple[tuple[str, str, str, Literal["visible", "hidden"]], ...]] = (
    ("network", "Network", ":material/hub:", "visible"),
    ("edge", "Handoffs", ":material/sync_alt:", "visible"),
    ("agents", "Agents", ":material/smart_toy:", "visible"),
    ("runs", "Runs", ":material/list_alt:", "visible"),
    ("run", "Run", ":material/timeline:", "hidden"),
    ("findings", "Findings", ":material/report:", "visible"),
    ("escalations", "Escalations", ":material/front_hand:", "visible"),
    ("metrics", "Metrics", ":material/monitoring:", "visible"),
    ("sql", "SQL", ":material/database:", "visible"),
)
"""Every screen: its file and place in the address, its title, its icon, and whether the navigation shows it."""

_MARK: Final = Path(__file__).with_name("mark.svg")
"""Icon of the browser's tab; one of Streamlit's own would be fetched from the internet."""

_LOGO: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="132" height="28" viewBox="0 0 132 28">'
    '<circle cx="7" cy="14" r="5" fill="none" stroke="#0072b2" stroke-width="2.6"/><path d="M13 14h9" stroke="#0072b2" stroke-width="2.6"/>'
    '<path d="M20 9.5l6 4.5-6 4.5z" fill="#0072b2"/>'
    '<text x="33" y="19.5" font-family="sans-serif" font-size="17" font-weight="700" fill="#3f7fae">Relaylens</text></svg>'
)


def main() -> None:
    """Draw the page that is asked for."""
    st.set_page_config(page_title="Relaylens", page_icon=str(_MARK), layout="wide", initial_sidebar_state="collapsed")
    st.logo(_LOGO, size="medium")
    pages = [
        st.Page(f"screens/{name}.py", title=title, icon=icon, url_path=name, default=name == "network", visibility=visibility)
        for name, title, icon, visibility in PAGES
    ]
    st.navigation(pages, position="top").run()


main()
