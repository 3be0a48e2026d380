"""The named queries of screens, commands and reports: one typed function a question, each a file of `sql/queries`."""
