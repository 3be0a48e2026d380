"""A second opinion on findings, by a judge that a user installs: none is bundled, none is asked unless told to."""

from relaylens_analytics.judging.cases import Case, Evidence, as_data
from relaylens_analytics.judging.judges import ENTRY_POINTS, Judge, Judgement, find

__all__ = ["ENTRY_POINTS", "Case", "Evidence", "Judge", "Judgement", "as_data", "find"]
