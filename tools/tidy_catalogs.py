"""Checks the translations: a message and its translation have the same fmt fields, for a missing or
a foreign one would throw where the text is shown. Part of tools/tidy.py.
"""

import ast
import re

_ENTRY_PART = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+(".*")\s*$')
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def entries(text):
    """Yields (line, msgid, [translation, ...]) of a .po; obsolete entries (#~) are left out."""
    line_of_id, message, translations, current = 0, None, [], None
    for number, line in enumerate(text.splitlines() + ['msgid ""'], 1):
        part = _ENTRY_PART.match(line)
        if part and part.group(1) == "msgid":
            if message is not None:
                yield line_of_id, message, translations
            line_of_id, message, translations = number, ast.literal_eval(part.group(2)), []
            current = "msgid"
        elif part and part.group(1).startswith("msgstr"):
            translations.append(ast.literal_eval(part.group(2)))
            current = "msgstr"
        elif part:
            current = part.group(1)
        elif line.startswith('"') and current == "msgid":
            message += ast.literal_eval(line)
        elif line.startswith('"') and current == "msgstr":
            translations[-1] += ast.literal_eval(line)


def fields(text):
    """The fields of a format string: {(number or name, specification)}; None if it mixes {} and
    {0}, which fmt refuses.
    """
    found, automatic, explicit = set(), 0, False
    for m in _FIELD.finditer(text):
        if m.group(0) in ("{{", "}}"):
            continue
        name, _, specification = m.group(1).partition(":")
        if name:
            explicit = True
        else:
            name = str(automatic)
            automatic += 1
        found.add((name, specification))
    return None if automatic and explicit else found


def check(text):
    """Yields (line, rule, message) for a .po."""
    for line, message, translations in entries(text):
        for translation in translations:
            if not message or not translation:
                continue  # the header; msgcmp sees to what is missing
            if fields(translation) is None or fields(translation) != fields(message):
                yield (line, "catalog",
                       f'the fields of "{translation[:40]}" are not those of the message (make '
                       "them the same; number them all, {0}, {1}, to change their order)")
