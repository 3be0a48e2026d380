"""Redaction: personal data and secrets are taken out of texts before they leave the process."""

from relaylens.redaction.redactor import KINDS, RULES, USUAL_KINDS, Redactor, pseudonym
from relaylens.redaction.rule import Rule

__all__ = ["KINDS", "RULES", "USUAL_KINDS", "Redactor", "Rule", "pseudonym"]
