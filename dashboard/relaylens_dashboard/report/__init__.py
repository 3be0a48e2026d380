"""Reports for people who do not open a dashboard: HTML, markdown, CSV and JSON."""
