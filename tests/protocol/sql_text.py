"""The little SQL that both servers understand: statements, literals, canned answers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

_PIECES = re.compile(r"""'(?:[^'\\]|''|\\.)*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\]
                         | --[^\n]* | /\*.*?\*/ | .""", re.VERBOSE | re.DOTALL)
_ITEM = re.compile(r"""\s*(?P<value>
      N?'(?:[^'\\]|''|\\.)*'
    | [-+]?\d+\s*/\s*[-+]?\d+
    | [-+]?\d+(?:\.\d+)?
    | @@?[\w.]+
    | \w+\s*\([^()]*\)
    | \w+ )
    (?:\s+(?:AS\s+)?(?P<name>\[[^\]]+\]|`[^`]+`|"[^"]+"|'[^']+'|\w+))?\s*\Z""",
                   re.VERBOSE | re.IGNORECASE | re.DOTALL)
_SELECT = re.compile(r"\s*SELECT\s+(?P<items>.*?)(?:\s+LIMIT\s+\d+)?\s*\Z",
                     re.IGNORECASE | re.DOTALL)
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|TABLE)\s+([\w.\[\]`\"]+)", re.IGNORECASE)
INT_LIMIT = 1 << 31


@dataclass
class Result:
    """What a statement answers. columns: (name, type); none: no result set, only `affected`.

    Types: int, bigint, float, decimal, text, null. rows may be a generator of any length.
    """

    columns: list = field(default_factory=list)
    rows: Iterable = ()
    affected: int = 0


class SqlError(Exception):
    """A statement, or a login, failed: what the client is told."""

    def __init__(self, number, message, severity=16, state="1"):
        super().__init__(message)
        self.number, self.message, self.severity, self.state = number, message, severity, state

    @classmethod
    def canned(cls, error, state):
        """From {"number": N, "message": …, "severity": …, "state": …} as options give it."""
        return cls(error["number"], error.get("message", "canned error"),
                   error.get("severity", 16), str(error.get("state", state)))


class NotUnderstood(Exception):
    """The text that made no sense."""


def pieces(sql):
    """The text as quoted strings, quoted names, comments and single characters."""
    return _PIECES.findall(sql)


def split(sql, separator):
    """The parts between separators that are neither quoted nor inside brackets."""
    parts, depth = [""], 0
    for piece in pieces(sql):
        depth += (piece == "(") - (piece == ")")
        if piece == separator and depth == 0:
            parts.append("")
        elif not piece.startswith(("--", "/*")):
            parts[-1] += piece
    return [part.strip() for part in parts]


def statements(sql):
    """The statements of a text, without comments and empty ones."""
    return [part for part in split(sql, ";") if part]


def normal(sql):
    """The same for all spellings that differ only in spaces, case and a last semicolon."""
    return " ".join(sql.split()).rstrip("; ").casefold()


def table_of(sql):
    """The first table a statement names, without quotes; None if it names none."""
    found = _TABLE.search("".join(p for p in pieces(sql) if not p.startswith("'")))
    return re.sub(r"[\[\]`\"]", "", found[1]) if found else None


def canned(answers, sql, state):
    """The configured answer to a statement, None if there is none; raises a configured error."""
    for text, answer in answers.items():
        if normal(text) == normal(sql):
            if "error" in answer:
                raise SqlError.canned(answer["error"], state)
            columns = [tuple(column) for column in answer.get("columns", [])]
            return Result(columns, answer.get("rows", []), answer.get("affected", 0))
    return None


def select(sql, value_of):
    """The result of `SELECT item, …` without a table; None if it is anything else.

    value_of(name) gives the value of a variable or function in lower case, or raises KeyError.
    Raises ZeroDivisionError, and NotUnderstood with the item that is no value.
    """
    found = _SELECT.match(sql)
    if not found or table_of(sql) not in (None, "dual"):
        return None
    columns, row = [], []
    for item in split(re.sub(r"(?i)\s+from\s+dual\s*\Z", "", found["items"]), ","):
        parts = _ITEM.match(item)
        if not parts:
            raise NotUnderstood(item)
        value = _value(parts["value"], value_of)
        columns.append(((parts["name"] or "").strip("[]`\"'"), _type(value)))
        row.append(value)
    return Result(columns, [row])


def item_texts(sql):
    """The items of a SELECT as written: the names of unnamed columns in MySQL."""
    found = _SELECT.match(sql)
    return split(found["items"], ",") if found else []


def unquoted(text):
    """The value of a quoted string literal."""
    return text[text.index("'") + 1:-1].replace("''", "'")


def _value(text, value_of):
    if text.endswith("'"):
        return unquoted(text)
    if "/" in text:
        left, right = text.split("/")
        return int(int(left) / int(right))
    try:
        return Decimal(text) if "." in text else int(text)
    except (ArithmeticError, ValueError):
        pass  # no number
    if text.casefold() == "null":
        return None
    try:
        return value_of(re.sub(r"\s+", "", text).casefold())
    except KeyError:
        raise NotUnderstood(text) from None


def _type(value):
    if value is None:
        return "null"
    if isinstance(value, int):
        return "int" if -INT_LIMIT <= value < INT_LIMIT else "bigint"
    return {Decimal: "decimal", float: "float"}.get(type(value), "text")
