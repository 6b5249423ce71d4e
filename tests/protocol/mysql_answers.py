"""What the MySQL that is played here answers to a text: SQL as far as monitors need it.

Error numbers, SQL states and texts are those of the "MySQL 8.0 Error Message Reference".
"""

import itertools
import re
from dataclasses import dataclass

import sql_text
from sql_text import Result, SqlError

VERSION = "8.0.36-test"
HUGE_CELL = "x" * 8000

_SETUP = re.compile(r"\s*(?:SET|USE|BEGIN|START|COMMIT|ROLLBACK|KILL|SHOW)\b"
                    r"|\s*SELECT\s+@@version_comment\b", re.IGNORECASE)
_SLEEP = re.compile(r"\s*SELECT\s+(SLEEP\s*\(\s*(\d+(?:\.\d+)?)\s*\))\s*\Z", re.IGNORECASE)
_KILL = re.compile(r"\s*KILL\s+(?:(QUERY|CONNECTION)\s+)?(\d+)\s*\Z", re.IGNORECASE)
_TIMEOUT = re.compile(r"max_execution_time\s*=\s*(\d+)", re.IGNORECASE)
_HINT = re.compile(r"/\*\+\s*MAX_EXECUTION_TIME\s*\(\s*(\d+)\s*\)", re.IGNORECASE)
_READ_ONLY = re.compile(r"\bTRANSACTION\b.*\bREAD\s+ONLY\b|transaction_read_only\s*=\s*(?:1|ON)",
                        re.IGNORECASE)
_CHANGE = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|TRUNCATE)\b",
                     re.IGNORECASE)


@dataclass
class Sleep:
    """SELECT SLEEP(n): answers 0, or 1 if it is interrupted or its time limit is shorter."""

    name: str
    seconds: float
    limit: float


@dataclass
class Kill:
    """KILL [QUERY] number."""

    number: int
    query_only: bool


class Steal:
    """The answer is a request for a file of the client."""


class ForgetPasswords:
    """FLUSH PRIVILEGES: empties the cache of caching_sha2_password."""


def only_setup(text):
    """True if the text holds nothing but what clients send around their statement."""
    return all(_SETUP.match(statement) for statement in sql_text.statements(text))


class MySql:
    """The state of one session: its database, its transaction, its limit. Owned by the session."""

    def __init__(self, options, user, database, number):
        self._options = options
        self.database = database
        self._user, self._number = user, number
        self.in_transaction = False
        self.read_only = False  # the transaction in progress
        self._read_only_session = False
        self._limit_ms = 0

    def steps(self, text, multiple):
        """Yields what each statement does; raises SqlError where the text ends.

        multiple: the client asked for CLIENT_MULTI_STATEMENTS; without it a second statement is a
        syntax error and nothing is executed.
        """
        answer = sql_text.canned(self._options["answers"], text, "HY000")
        if answer:
            yield answer
            return
        found = sql_text.statements(text)
        if not found:
            raise SqlError(1065, "Query was empty", state="42000")
        if len(found) > 1 and not multiple:
            raise syntax_error(found[1])
        hint = _HINT.search(text)
        for statement in found:
            yield self._statement(statement, int(hint[1]) if hint else self._limit_ms)

    def use(self, database):
        """USE and COM_INIT_DB."""
        check_database(self._options, self._user, database)
        self.database = database
        return Result()

    def _statement(self, sql, limit_ms):
        answer = sql_text.canned(self._options["answers"], sql, "HY000")
        if answer:
            return answer
        words = sql_text.normal(sql).split()
        if words[0] in ("set", "start", "begin", "commit", "rollback"):
            return self._set_up(sql, words)
        if words[0] == "use" and len(words) == 2:
            return self.use(sql.split()[1].strip("`"))
        if words == ["select", "steal"]:
            return Steal()
        if words == ["flush", "privileges"]:
            return ForgetPasswords()
        if words == ["select", "huge"]:
            count = self._options["huge_bytes"] // len(HUGE_CELL) + 1
            return Result([("huge", "text")], itertools.repeat((HUGE_CELL,), count))
        if found := _SLEEP.match(sql):
            return Sleep(found[1], float(found[2]), limit_ms / 1000)
        if found := _KILL.match(sql):
            return Kill(int(found[2]), (found[1] or "").casefold() == "query")
        if _CHANGE.match(sql):
            if self.read_only or self._read_only_session:
                raise SqlError(1792, "Cannot execute statement in a READ ONLY transaction.",
                               state="25006")
            return Result(affected=1)
        return self._select(sql)

    def _set_up(self, sql, words):
        if words[0] in ("start", "begin"):
            self.in_transaction = True
            self.read_only = bool(_READ_ONLY.search(sql)) or self._read_only_session
        elif words[0] in ("commit", "rollback"):
            self.in_transaction = self.read_only = False
        elif "max_statement_time" in sql.casefold():  # MariaDB has it
            raise SqlError(1193, "Unknown system variable 'max_statement_time'", state="HY000")
        elif _READ_ONLY.search(sql):
            self._read_only_session = True
        elif found := _TIMEOUT.search(sql):
            self._limit_ms = int(found[1])
        return Result()

    def _select(self, sql):
        table = sql_text.table_of(sql)
        if table and table != "dual":
            self._refuse(table)
        try:
            result = sql_text.select(sql, lambda name: self._names()[name])
        except ZeroDivisionError:
            result = Result([("", "decimal")], [(None,)])
        except sql_text.NotUnderstood as error:
            raise SqlError(1054, f"Unknown column '{error}' in 'field list'",
                           state="42S22") from None
        if result is None:
            raise syntax_error(sql)
        names = sql_text.item_texts(sql)
        result.columns = [(name or names[at].strip("'\""), kind)
                          for at, (name, kind) in enumerate(result.columns)]
        return result

    def _refuse(self, table):
        name = table.split(".")[-1]
        database = table.split(".")[0] if "." in table else self.database
        if not database:
            raise SqlError(1046, "No database selected", state="3D000")
        if name in self._options["denied"]:
            raise SqlError(1142, f"SELECT command denied to user '{self._user}'@'localhost' "
                                 f"for table '{name}'", state="42000")
        raise SqlError(1146, f"Table '{database}.{name}' doesn't exist", state="42S02")

    def _names(self):
        account = f"{self._user}@localhost"
        database = self.database or None
        return {"version()": VERSION, "@@version": VERSION,
                "@@version_comment": "protocol test server", "database()": database,
                "schema()": database, "user()": account, "current_user()": account,
                "connection_id()": self._number, "@@max_execution_time": self._limit_ms,
                "@@transaction_read_only": int(self._read_only_session), "@@read_only": 0,
                "@@max_allowed_packet": 1 << 26}


def check_database(options, user, database):
    """Raises what a server answers to the wish for this database, if it has to."""
    if database in options["denied"]:
        raise SqlError(1044, f"Access denied for user '{user}'@'localhost' to database "
                             f"'{database}'", state="42000")
    if database not in options["databases"]:
        raise SqlError(1049, f"Unknown database '{database}'", state="42000")


def syntax_error(near):
    return SqlError(1064, "You have an error in your SQL syntax; check the manual that corresponds "
                          "to your MySQL server version for the right syntax to use near "
                          f"'{near[:80]}' at line 1", state="42000")
