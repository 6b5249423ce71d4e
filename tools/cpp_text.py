"""A rough reading of C++ text for tools/tidy.py: comments and literals blanked, tokens with line
numbers, brackets matched, and the scopes that declarations stand in. No preprocessor and no types:
enough for the house style, not for C++.
"""

import re
from dataclasses import dataclass, field

_LEXEME = re.compile(
    r"""
    (?P<line_comment>//(?:[^\\\n]|\\(?:\n|.))*)
  | (?P<block_comment>/\*.*?\*/)
  | (?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
  | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
  | (?P<number>\b\d(?:'?[\w.])*)
  | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
    """,
    re.VERBOSE | re.DOTALL,
)
_TOKEN = re.compile(
    r"[A-Za-z_]\w*|\d[\w.']*|::|->|\|\||&&|==|!=|<=>|<=|>=|<<|\+=|-=|\.\.\.|\S"
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
_OPEN = {"(": ")", "[": "]", "{": "}"}
_CLOSE = {")", "]", "}"}


def _blank(text):
    return "".join("\n" if c == "\n" else " " for c in text)


@dataclass
class Token:
    text: str
    line: int


@dataclass
class Function:
    """A function definition, from the first token of its signature to its closing brace."""

    name: str
    first_line: int
    last_line: int
    body: int  # index of its `{`


@dataclass
class Declaration:
    """A statement at namespace or class scope. Braced parts are left out, but for a mark "{}"."""

    scope: str  # "namespace" or "class"
    tokens: list
    ends_with: str  # ";" or "{"


@dataclass
class Source:
    """One file: raw lines, code without comments and literals, and what was read out of it."""

    path: str
    text: str
    code: str = ""
    comments: list = field(default_factory=list)  # (line, text)
    includes: list = field(default_factory=list)  # (line, path, quoted)
    tokens: list = field(default_factory=list)
    match: dict = field(default_factory=dict)  # index of a bracket -> index of its partner
    functions: list = field(default_factory=list)
    declarations: list = field(default_factory=list)
    statics: list = field(default_factory=list)  # statements in functions that begin with static

    @classmethod
    def parse(cls, path, text):
        source = cls(path, text)
        source._strip()
        source._tokenise()
        source._match_brackets()
        _Scopes(source).walk()
        return source

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def _strip(self):
        def replace(m):
            kind = m.lastgroup if m.lastgroup != "tag" else "raw"
            whole = m.group(0)
            if kind.endswith("comment"):
                self.comments.append((self.line_of(m.start()), whole))
                return _blank(whole)
            if kind == "number":
                return whole
            quote = "'" if kind == "char" else '"'
            return quote + _blank(whole[1:-1]) + quote

        self.code = _LEXEME.sub(replace, self.text)
        # The name of an include is a literal, but it is wanted: it comes from the raw text.
        for m in _INCLUDE.finditer(self.text):
            if self.code[m.start() : m.end()].lstrip().startswith("#"):
                self.includes.append((self.line_of(m.start()), m.group(2), m.group(1) == '"'))

    def _without_preprocessor(self):
        """Directives blanked; of #if … #else only the first branch, so that brackets balance."""
        out, depth_skipping, continued = [], [], False
        for line in self.code.split("\n"):
            directive = re.match(r"\s*#\s*(\w*)", line)
            if directive and not continued:
                word = directive.group(1)
                if word in ("if", "ifdef", "ifndef"):
                    depth_skipping.append(False)
                elif word in ("else", "elif") and depth_skipping:
                    depth_skipping[-1] = True
                elif word == "endif" and depth_skipping:
                    depth_skipping.pop()
            skip = directive or continued or any(depth_skipping)
            continued = (directive or continued) and line.endswith("\\")
            out.append("" if skip else line)
        return "\n".join(out)

    def _tokenise(self):
        for number, line in enumerate(self._without_preprocessor().split("\n"), 1):
            self.tokens.extend(Token(m.group(0), number) for m in _TOKEN.finditer(line))

    def _match_brackets(self):
        stack = []
        for i, token in enumerate(self.tokens):
            if token.text in _OPEN:
                stack.append(i)
            elif token.text in _CLOSE and stack:
                if _OPEN[self.tokens[stack[-1]].text] == token.text:
                    opening = stack.pop()
                    self.match[opening] = i
                    self.match[i] = opening

    def text_at(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def is_lambda_introducer(self, i):
        """True for the `[` of a lambda, false for a subscript, an attribute, an array bound."""
        if self.text_at(i) != "[" or i not in self.match or self.text_at(i + 1) == "[":
            return False
        before = self.text_at(i - 1)
        if before in ("return", "co_await", "co_return", "co_yield", "case", "else", "do"):
            pass
        elif before in (")", "]", "}", '"', "[", "") or re.match(r"\w", before):
            if before != "}" and before != ")":
                return False
            if before == ")" and not self._closes_condition(i - 1):
                return False
        return self.text_at(self.match[i] + 1) in ("(", "{", "<", "mutable", "->", "noexcept")

    def _closes_condition(self, i):
        opening = self.match.get(i)
        return opening is not None and self.text_at(opening - 1) in ("if", "while", "for")

    def lambda_body(self, i):
        """(index of the `{`, index of the `}`) of the lambda whose `[` is at i; None if unclear."""
        j = self.match[i] + 1
        while j < len(self.tokens) and self.text_at(j) not in ("{", ";"):
            j = self.match[j] + 1 if self.text_at(j) in ("(", "[") and j in self.match else j + 1
        return (j, self.match[j]) if j in self.match and self.text_at(j) == "{" else None


class _Scopes:
    """Walks the tokens and fills in functions, declarations and statics."""

    def __init__(self, source):
        self.source = source
        self.tokens = source.tokens

    def walk(self):
        self._declarations(0, len(self.tokens), "namespace")

    def _declarations(self, begin, end, scope):
        statement, i = [], begin
        while i < end:
            token = self.tokens[i]
            partner = self.source.match.get(i)
            if token.text == ";":
                self._declare(scope, statement, ";")
                statement = []
            elif token.text == ":" and len(statement) == 1 and scope == "class":
                statement = []  # public:
            elif token.text == "{" and partner is not None:
                kind = self._kind(statement)
                if kind == "initialiser":
                    statement.append(Token("{}", token.line))
                else:
                    self._enter(kind, scope, statement, i, partner)
                    # `struct X { … } x;` is rare; a `;` that follows ends an empty statement.
                    statement = []
                i = partner
            elif token.text in ("(", "[") and partner is not None:
                statement.extend(self.tokens[i : partner + 1])
                i = partner
            else:
                statement.append(token)
            i += 1

    def _enter(self, kind, scope, statement, opening, closing):
        if kind == "namespace":
            self._declarations(opening + 1, closing, "namespace")
        elif kind == "class":
            self._declarations(opening + 1, closing, "class")
        elif kind == "function":
            self._declare(scope, statement, "{")
            name = function_name(statement)
            first = statement[0].line if statement else self.tokens[opening].line
            last = self.tokens[closing].line
            self.source.functions.append(Function(name, first, last, opening))
            self._statics(opening + 1, closing)

    def _declare(self, scope, statement, ends_with):
        if statement:
            self.source.declarations.append(Declaration(scope, statement, ends_with))

    def _statics(self, begin, end):
        for i in range(begin, end):
            if self.tokens[i].text in ("static", "thread_local"):
                statement = []
                for token in self.tokens[i:end]:
                    if token.text in (";", "{", "="):
                        break
                    statement.append(token)
                self.source.statics.append(statement)

    def _kind(self, statement):
        """What a `{` after `statement` opens, at namespace or class scope."""
        words = [t.text for t in top_level(statement)]
        if not words:
            return "initialiser"
        if "namespace" in words[:2] or (words[0] == "extern" and words[-1].startswith('"')):
            return "namespace"
        if "enum" in words:
            return "enum"
        plain = [w for i, w in enumerate(words) if words[i - 1 : i] != ["operator"]]
        if "(" in words and "=" not in plain:
            # In `X() : a_{1}, b_(2) {` the braces after a name initialise; the body's do not.
            colon = words.index(":", words.index("(")) if ":" in words[words.index("(") :] else None
            if colon is not None and re.match(r"\w|>", words[-1]):
                return "initialiser"
            return "function"
        if {"class", "struct", "union"} & set(words) and "=" not in words:
            return "class"
        return "initialiser"


def top_level(tokens):
    """The tokens outside (), [] and template <>; of each bracket pair only the brackets stay."""
    out, depth, angle = [], 0, 0
    for i, token in enumerate(tokens):
        text = token.text
        if text in (")", "]"):
            depth -= 1
        if depth == 0 and text == ">" and angle:
            angle -= 1
            continue
        if depth == 0 and angle == 0:
            if text == "<" and i and re.match(r"[A-Za-z_]", tokens[i - 1].text):
                if tokens[i - 1].text != "operator":
                    angle += 1
                    continue
            out.append(token)
        elif depth == 0 and text == "<":
            angle += 1
        if text in ("(", "["):
            depth += 1
    return out


def function_name(statement):
    """The name before the parameter list, or ""."""
    i = parameter_list(statement)
    if i is None:
        return ""
    name = statement[i - 1].text
    return name if re.match(r"\w", name) else "operator" + name


def parameter_list(statement):
    """Index of the `(` that opens the parameters of the function that `statement` declares."""
    not_names = {"alignas", "decltype", "noexcept", "requires", "explicit", "__attribute__", "if"}
    depth = 0
    for i, token in enumerate(statement):
        if token.text == "=" and depth == 0 and statement[i - 1].text != "operator":
            return None
        if token.text in ("(", "["):
            if token.text == "(" and depth == 0 and i > 0:
                before = statement[i - 1].text
                is_call_operator = statement[i : i + 3][-1].text == "(" and before == "operator"
                if before not in not_names and not is_call_operator:
                    return i
            depth += 1
        elif token.text in (")", "]"):
            depth -= 1
    return None


def count_parameters(statement):
    """How many parameters the function has that `statement` declares; None if it is none."""
    begin = parameter_list(statement)
    if begin is None:
        return None
    depth, angle, commas, anything = 0, 0, 0, False
    for i in range(begin, len(statement)):
        text = statement[i].text
        if text in ("(", "[", "{"):
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                break
        elif text == "<" and re.match(r"[A-Za-z_]", statement[i - 1].text):
            angle += 1
        elif text == ">" and angle:
            angle -= 1
        elif text == "," and depth == 1 and angle == 0:
            commas += 1
        if depth >= 1 and i > begin and text != "void":
            anything = True
    return commas + 1 if anything else 0
