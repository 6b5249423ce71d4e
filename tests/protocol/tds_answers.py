"""What the SQL Server that is played here answers to a text: T-SQL as far as monitors need it.

Error numbers, severities and texts are those of sys.messages, as Microsoft documents them under
"Database Engine events and errors".
"""

import itertools
import re
from dataclasses import dataclass

import sql_text
from sql_text import Result, SqlError
from tds_wire import LONGEST_TEXT

VERSION_TEXT = "Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64) - protocol test server"

_SETUP = re.compile(r"""\s*(?:
      SET\s+TRANSACTION\s+ISOLATION\s+LEVEL\s+
          (?:READ\s+UNCOMMITTED|READ\s+COMMITTED|REPEATABLE\s+READ|SNAPSHOT|SERIALIZABLE)
    | SET\s+\w+(?:\s*,\s*\w+)*\s+(?:-?\w+|N?'[^']*')
    | (?:EXEC(?:UTE)?\s+)?sp_(?:reset_connection|datatype_info)\w*[^;]*
    | (?:IF\s+@@TRANCOUNT\s*>\s*0\s+)?(?P<end>COMMIT|ROLLBACK)(?:\s+(?:TRAN(?:SACTION)?|WORK))?
    | (?P<begin>BEGIN)\s+TRAN(?:SACTION)?
    | USE\s+(?P<use>\[[^\]]+\]|\w+)
    )(?=[\s;]|\Z)\s*;?""", re.VERBOSE | re.IGNORECASE)
_WAIT = re.compile(r"\s*WAITFOR\s+DELAY\s+'(\d+):(\d+)(?::(\d+(?:\.\d+)?))?'\s*\Z", re.IGNORECASE)
_CHANGE = re.compile(r"\s*(INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|TRUNCATE|EXEC|DECLARE|PRINT)\b",
                     re.IGNORECASE)


@dataclass
class Wait:
    """The statement sleeps; an attention ends it."""

    seconds: float


@dataclass
class UseDatabase:
    """The session is in another database now."""

    new: str
    old: str


@dataclass
class Transaction:
    """A transaction began, or ended: word is BEGIN, COMMIT or ROLLBACK."""

    word: str


def only_setup(text):
    """True if the text holds nothing but what drivers send by themselves."""
    return all(not _after_setup(statement)[1] for statement in sql_text.statements(text))


def _after_setup(statement):
    """(the matches of set-up phrases at the beginning, the rest)."""
    found = []
    while match := _SETUP.match(statement):
        found.append(match)
        statement = statement[match.end():]
    return found, statement.strip()


class Tsql:
    """The state of one session: its database and its transaction. Owned by the session."""

    def __init__(self, options, user, database, number):
        self._options = options
        self.database = database
        self._user, self._number = user, number
        self._transactions = 0

    def steps(self, text, parameters=()):
        """Yields what each statement does, in order; raises SqlError where the batch ends.

        parameters: (name with @, value). Yields Result, Wait, UseDatabase, Transaction.
        """
        answer = sql_text.canned(self._options["answers"], text, 1)
        if answer:
            yield answer
            return
        for statement in sql_text.statements(text):
            setup, rest = _after_setup(statement)
            for match in setup:
                yield self._set_up(match)
            if rest:
                yield self._statement(rest, {name.casefold(): v for name, v in parameters})

    def transaction(self, word):
        """BEGIN, COMMIT or ROLLBACK, whichever way it was asked for."""
        self._transactions = 1 if word == "BEGIN" else 0
        return Transaction(word)

    def _set_up(self, match):
        if match["begin"]:
            return self.transaction("BEGIN")
        if match["end"]:
            if not self._transactions:
                return Result()
            return self.transaction(match["end"].upper())
        if match["use"]:
            return self._use(match["use"].strip("[]"))
        return Result()

    def _use(self, database):
        if database not in self._options["databases"]:
            raise SqlError(911, f"Database '{database}' does not exist. Make sure that the name "
                                "is entered correctly.")
        old, self.database = self.database, database
        return UseDatabase(database, old)

    def _statement(self, sql, parameters):
        answer = sql_text.canned(self._options["answers"], sql, 1)
        if answer:
            return answer
        wait = _WAIT.match(sql)
        if wait:
            return Wait(int(wait[1]) * 3600 + int(wait[2]) * 60 + float(wait[3] or 0))
        if sql_text.normal(sql) == "select huge":
            count = self._options["huge_bytes"] // (2 * LONGEST_TEXT) + 1
            return Result([("huge", "text")], itertools.repeat(("x" * LONGEST_TEXT,), count))
        if _CHANGE.match(sql):
            return Result()
        return self._select(sql, parameters)

    def _select(self, sql, parameters):
        table = sql_text.table_of(sql)
        if table:
            self._refuse(table)
        try:
            result = sql_text.select(sql, lambda name: (self._names() | parameters)[name])
        except ZeroDivisionError:
            raise SqlError(8134, "Divide by zero error encountered.") from None
        except sql_text.NotUnderstood as error:
            raise SqlError(207, f"Invalid column name '{error}'.") from None
        if result is None:
            word = (sql.split() or [""])[0]
            raise SqlError(102, f"Incorrect syntax near '{word}'.", severity=15)
        return result

    def _refuse(self, table):
        if table.split(".")[-1] in self._options["denied"]:
            raise SqlError(229, "The SELECT permission was denied on the object "
                                f"'{table}', database '{self.database}', schema 'dbo'.",
                           severity=14, state="5")
        raise SqlError(208, f"Invalid object name '{table}'.")

    def _names(self):
        return {"@@version": VERSION_TEXT, "@@spid": self._number,
                "@@trancount": self._transactions, "db_name()": self.database,
                "suser_sname()": self._user, "original_login()": self._user,
                "@@servername": "vigia-test"}
