"""Redaction at the collector: personal data and secrets are taken out of requests before anything of them is on disk."""

from relaylens_collector.redacting.redaction import Redacted, Redaction
from relaylens_collector.redacting.setting_up import redaction_of

__all__ = ["Redacted", "Redaction", "redaction_of"]
