"""Everything this package raises on purpose, and only while it is being set up.

RelaylensError
├── MissingExtraError   (also an ImportError)
└── SettingError        (also a ValueError)
"""


class RelaylensError(Exception):
    """Relaylens cannot do what it was asked to."""


class MissingExtraError(RelaylensError, ImportError):
    """An optional part is not installed; the message holds the pip command that installs it."""


class SettingError(RelaylensError, ValueError):
    """A setting has a value that means nothing; the message says which are allowed."""
