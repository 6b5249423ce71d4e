"""The world around the program under test: servers that behave, servers that do not, a wrapper."""
