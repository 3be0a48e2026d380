"""The command line: `relaylens`."""
