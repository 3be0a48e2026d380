"""Pictures: where things stand and in which colour is decided here, in Python; the browser only draws."""
