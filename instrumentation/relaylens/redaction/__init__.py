"""Redaction: personal data and secrets are taken out of texts before they leave the process."""

from relaylens.redaction.asking import Redact, redact_words, redactor_of
from relaylens.redaction.redactor import KINDS, RULES, USUAL_KINDS, Redactor, pseudonym
from relaylens.redaction.rule import Rule

__all__ = ["KINDS", "RULES", "USUAL_KINDS", "Redact", "Redactor", "Rule", "pseudonym", "redact_words", "redactor_of"]
