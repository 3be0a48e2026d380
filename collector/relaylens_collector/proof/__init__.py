"""The proof: whether journal, anchors and database are whole, told from the files alone; nothing here writes to a store."""

from relaylens_collector.proof.findings import Fault, Finding, Report
from relaylens_collector.proof.verifying import Auditing, verify

__all__ = ["Auditing", "Fault", "Finding", "Report", "verify"]
