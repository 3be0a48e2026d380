"""A report as markdown: for a ticket, a chat or a repository."""

from typing import Final

from relaylens_dashboard import hostile
from relaylens_dashboard.report import template
from relaylens_dashboard.report.content import Report

MOST_EXAMPLES: Final = 10
"""Findings that are told in full; a ticket is not the place for all."""


def write(report: Report) -> str:
    """Write the report as markdown."""
    return template.render("report.md", report, hostile.for_markdown, most_examples=MOST_EXAMPLES)
