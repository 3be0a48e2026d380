"""The store for assistants: tools of the Model Context Protocol, which read and never write."""
