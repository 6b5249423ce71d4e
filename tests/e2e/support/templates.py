"""Tables of cases written before any server has a port: `<name>` is filled in when they run."""

import re


def filled(item, values):
    """The JSON-like item with every `<name>` in its strings replaced by values[name]."""
    if isinstance(item, dict):
        return {key: filled(value, values) for key, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [filled(value, values) for value in item]
    if isinstance(item, str):
        return re.sub(r"<(\w+)>", lambda match: str(values[match[1]]), item)
    return item
