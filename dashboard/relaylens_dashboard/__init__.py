"""The faces: screens, command line and reports."""
