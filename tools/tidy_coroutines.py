"""Finds the shapes of coroutine code that g++ 12.2 with Boost 1.81 compiles into something else
than was written: objects destroyed twice, deadlines that win late. Part of tools/tidy.py.
"""

_COROUTINE_WORDS = {"co_await", "co_return", "co_yield"}
_CONDITIONS = {"if", "while", "for", "switch"}
_NOT_A_TYPE = {
    "break", "case", "catch", "co_await", "co_return", "co_yield", "continue", "default", "delete",
    "do", "else", "goto", "new", "return", "sizeof", "this", "throw", "try",
}  # fmt: skip
_DECLARES = {"auto", "bool", "char", "class", "const", "constexpr", "double", "enum", "float",
             "int", "long", "short", "static", "struct", "unsigned", "using"}


class _Reader:
    def __init__(self, source):
        self.source = source
        self.tokens = source.tokens
        self.match = source.match
        self.at = source.text_at
        self.lambdas = {}  # index of `[` -> (index of `{`, index of `}`)
        for i in range(len(self.tokens)):
            if source.is_lambda_introducer(i):
                body = source.lambda_body(i)
                if body:
                    self.lambdas[i] = body
        self.bodies = {body for body, _ in self.lambdas.values()}
        self.bodies |= {function.body for function in source.functions}

    def captures(self, introducer):
        return self.match[introducer] > introducer + 1

    def opens_block(self, i):
        """Whether the `{` at i opens statements rather than an initialiser list."""
        if i in self.bodies:
            return True
        return self.at(i - 1) in (")", "else", "do", "try", ";", "{", "}", ":", "")

    def expression_around(self, i):
        """(first, last) token of the full expression that the token at i belongs to."""
        begin = i
        while begin > 0:
            before = self.at(begin - 1)
            partner = self.match.get(begin - 1)
            if before == ";" or (before == "{" and self.opens_block(begin - 1)):
                break
            if before == "(" and self.at(begin - 2) in _CONDITIONS:
                break
            if before == "}" and (partner is None or self._ends_statement(begin - 1, partner)):
                break
            if before in (")", "]", "}") and partner is not None:
                begin = partner
            else:
                begin -= 1
        end = i
        while end + 1 < len(self.tokens):
            after, partner = self.at(end + 1), self.match.get(end + 1)
            if after == ";" or (after in (")", "]", "}") and (partner is None or partner < begin)):
                break
            skip = after in ("(", "[", "{") and partner is not None
            end = partner if skip else end + 1
        return begin, end

    def _ends_statement(self, closing, opening):
        if not self.opens_block(opening):
            return False
        return self.at(closing + 1) not in (")", ",", "(", ".", "}")

    def inside(self, begin, end):
        """Indices from begin to end, without the bodies of the lambdas there."""
        i = begin
        while i <= end:
            yield i
            i = self.lambdas[i][1] + 1 if i in self.lambdas else i + 1

    def own_words(self, opening):
        """The words of a body, without those of the lambdas in it."""
        return {self.at(i) for i in self.inside(opening + 1, self.match[opening] - 1)}

    def arguments(self, opening):
        """(first, last) of each argument of the call whose `(` is at opening."""
        first, i, closing = opening + 1, opening + 1, self.match[opening]
        while i < closing:
            if self.at(i) == ",":
                yield first, i - 1
                first = i + 1
            i = self.match[i] + 1 if self.at(i) in ("(", "[", "{") and i in self.match else i + 1
        if first < closing:
            yield first, closing - 1


    def is_declaration(self, i):
        """Whether the statement that begins at i declares something: `a::B<C>& d` and what follows.
        A guess from the shape."""
        if self.at(i) in _DECLARES:
            return True
        names, angle = 0, 0
        while i < len(self.tokens):
            text = self.at(i)
            if angle:
                angle += {"<": 1, ">": -1}.get(text, 0)
                if text in (";", "{", "}"):
                    return False
            elif text == "<" and names:
                angle = 1
            elif text[0].isalpha() or text[0] == "_":
                if text in _NOT_A_TYPE or text in _CONDITIONS:
                    return False
                if self.at(i - 1) != "::" or not names:
                    names += 1
                if names == 2:
                    return self.at(i + 1) in ("=", "{", "(", ";", ":", "[", ",")
            elif text not in ("::", "&", "&&", "*") or not names:
                return False
            i += 1
        return False

    def declares_something(self, opening):
        """Whether the body that opens at `opening` has a local of its own, lambdas left out."""
        for i in self.inside(opening + 1, self.match[opening] - 1):
            before = self.at(i - 1)
            begins = before in (";", "{", "}", "else", "do") or (
                before == "(" and self.at(i - 2) in _CONDITIONS
            )
            if begins and self.is_declaration(i):
                return True
        return False


def check(source):
    """Yields (line, rule, message)."""
    reader = _Reader(source)
    for i, token in enumerate(source.tokens):
        if token.text == "co_await":
            yield from _check_await(reader, i)
        elif token.text == "co_spawn" and source.text_at(i + 1) == "(":
            yield from _check_spawn(reader, i)
        elif token.text == "async_initiate":
            yield from _check_initiate(reader, i)
        elif token.text == "awaitable_operators":
            yield token.line, "co-or", "awaitable_operators waits for the first success (race())"
    for line, header, _ in source.includes:
        if header.endswith("awaitable_operators.hpp"):
            yield line, "co-or", "awaitable_operators waits for the first success (race())"
    yield from _check_called_lambdas(reader)
    yield from _check_conditions(reader)


def _check_await(reader, i):
    begin, end = reader.expression_around(i)
    for j in reader.inside(begin, end):
        if j in reader.lambdas and reader.captures(j):
            yield (reader.tokens[j].line, "co-lambda",
                   "a capturing lambda inside a co_await expression is destroyed twice "
                   "(name it on the line before)")
        if reader.at(j) == "{" and reader.at(j + 1) == ".":
            yield (reader.tokens[j].line, "co-aggregate",
                   "an aggregate with designated initialisers inside a co_await expression is "
                   "destroyed twice (name it on the line before, then move it)")
    if reader.at(i + 1) == "(" and i + 1 in reader.match:
        closing = reader.match[i + 1]
        j = i + 2
        while j < closing:
            if reader.at(j) in ("||", "&&"):
                yield (reader.tokens[j].line, "co-or",
                       f"{reader.at(j)} of awaitables waits for the first success (race())")
            skip = reader.at(j) in ("(", "[", "{") and j in reader.match
            j = reader.match[j] + 1 if skip else j + 1


def _check_spawn(reader, i):
    for number, (first, last) in enumerate(reader.arguments(i + 1)):
        if number == 1 and any(j in reader.lambdas and reader.captures(j)
                               for j in reader.inside(first, last)):
            yield (reader.tokens[first].line, "co-spawn",
                   "a capturing lambda as the coroutine is freed twice "
                   "(spawn a named coroutine with by-value parameters)")


def _check_initiate(reader, i):
    opening = i + 1
    if reader.at(opening) == "<":  # the template arguments: T, void()
        while reader.at(opening) not in (";", "{", "") and (
            reader.at(opening) != "(" or reader.at(opening - 1) != ">"
        ):
            opening += 1
    if reader.at(opening) != "(" or opening not in reader.match:
        return
    captured = any(j in reader.lambdas and reader.captures(j)
                   for j in reader.inside(opening, reader.match[opening]))
    around = [b for b in reader.bodies if b in reader.match and b < i < reader.match[b]]
    if captured and around and _COROUTINE_WORDS & reader.own_words(max(around)):
        yield (reader.tokens[i].line, "co-initiate",
               "async_initiate with captures inside a coroutine is miscompiled "
               "(put it into a plain function)")


def _check_called_lambdas(reader):
    for introducer, (opening, closing) in reader.lambdas.items():
        called = reader.at(closing + 1) == "("
        if called and reader.captures(introducer):
            if _COROUTINE_WORDS & reader.own_words(opening):
                yield (reader.tokens[introducer].line, "co-lambda",
                       "a capturing lambda that is a coroutine, called at once: its captures are "
                       "gone at the first suspension (a named coroutine, or a named lambda)")


def _check_conditions(reader):
    """g++ bug 106188: with no local to its name the function's frame is laid out twice."""
    for function in reader.source.functions:
        if function.body not in reader.match:
            continue
        for i in reader.inside(function.body + 1, reader.match[function.body] - 1):
            closing = reader.match.get(i + 1, 0)
            if reader.at(i) not in _CONDITIONS or reader.at(i + 1) != "(" or closing < i:
                continue
            condition = {reader.at(j) for j in reader.inside(i + 2, closing - 1)}
            if "co_await" in condition and not reader.declares_something(function.body):
                yield (reader.tokens[i].line, "co-condition",
                       "co_await in a condition of a coroutine without a local variable corrupts "
                       "its frame (name the awaited value on the line before)")
