#!/usr/bin/env python3
"""The house rules as a test: layering (src/LAYERS), banned calls, mutable globals, coroutine traps
of g++ 12, sizes, names. Prints `file:line: rule: message (cure)`; exit status 1 if there is any.

    tools/tidy.py [--root DIRECTORY] [FILE...]      FILEs restrict what is looked at

An exception stands in the code, on the line or alone on the line before, and gives its reason:
    // tidy: allow(banned-call) the one place where ...
An exception that is not needed, or names no known rule, or gives no reason, is itself a finding.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import tidy_catalogs  # noqa: E402
import tidy_coroutines  # noqa: E402
from cpp_text import (  # noqa: E402
    Source,
    count_parameters,
    function_name,
    parameter_list,
    top_level,
)

LIMITS = {"line": 100, "header": 300, "source": 500, "function": 70, "parameters": 5, "readme": 40}
DIRECTORIES = ("src", "sim", "tests", "bench")
RULES = {
    "layer": "a module includes only what src/LAYERS lets it",
    "include-root": "our headers are included by their path from src/ or from the root",
    "banned-call": "time, randomness, threads, environment only through the ports",
    "global": "no mutable state that nobody owns",
    "test-sleep": "hermetic tests do not sleep",
    "co-lambda": "no capturing lambda inside a co_await expression",
    "co-or": "no awaitable_operators",
    "co-spawn": "no capturing lambda as the coroutine of co_spawn",
    "co-aggregate": "no designated initialisers inside a co_await expression",
    "co-initiate": "no async_initiate with captures inside a coroutine",
    "co-condition": "no co_await in a condition of a coroutine without locals",
    "capture-default": "no [=]",
    "size-line": f"at most {LIMITS['line']} columns",
    "size-file": f"at most {LIMITS['header']} lines of header, {LIMITS['source']} of source",
    "size-function": f"at most {LIMITS['function']} lines of function",
    "size-parameters": f"at most {LIMITS['parameters']} parameters",
    "pragma-once": "every header has it",
    "module-readme": f"every module has a README.md of at most {LIMITS['readme']} lines",
    "type-name": "no Manager, Helper, Util, Data, Info in a type's name",
    "catalog": "a translation has the fields of its message",
    "todo": "TODO(topic): only",
    "allow": "exceptions are known rules, needed, and give a reason",
}

# (pattern, cure, the places where it is banned, the files where it is allowed all the same)
PRODUCT = ("src/",)
WORLD = ("src/", "sim/")
HERMETIC = ("src/", "sim/", "tests/unit/", "tests/sim/")
NEVER = re.compile(r"(?!)")
BANNED = (
    (r"\w*_clock\s*::\s*now\b", "ask env::Clock", HERMETIC, NEVER),
    (
        r"\bstd\s*::\s*(?:time|clock)\s*\("
        r"|(?<![\w.>])(?:::\s*)?time\s*\(\s*(?:nullptr|NULL|0|&\s*\w+)\s*\)"
        r"|\b(?:clock_gettime|gettimeofday)\s*\(",
        "ask env::Clock",
        HERMETIC,
        NEVER,
    ),
    (
        r"\b(?:sleep_for|usleep|nanosleep)\b|\bthis_thread\s*::\s*sleep_until\b"
        r"|(?<![\w.>])sleep\s*\(",
        "wait on env::Clock",
        PRODUCT,
        NEVER,
    ),
    (r"\brandom_device\b", "take the injected Rng", HERMETIC, NEVER),
    (r"(?<![\w.>])s?rand\s*\(", "take the injected Rng", HERMETIC, NEVER),
    (
        r"\bstd\s*::\s*(?:j?thread\b(?!\s*::\s*id)|async\s*\()|\bpthread_create\s*\(",
        "threads start in env/real",
        WORLD,
        NEVER,
    ),
    (
        r"\b(?:steady_timer|system_timer|high_resolution_timer|deadline_timer)\b",
        "wait on env::Clock",
        PRODUCT,
        NEVER,
    ),
    (r"\b(?:secure_)?getenv\s*\(", "main() reads it and passes it on", WORLD, NEVER),
    (r"\b(?:getaddrinfo|gethostbyname)\s*\(", "resolve through the ports", WORLD, NEVER),
    (
        r"\bco_spawn\b",
        "spawn in a TaskGroup",
        PRODUCT,
        re.compile(r"src/(env/(task_group|race)\.[ch]pp|app/.*|main\.cpp)$"),
    ),
)
SLEEPS = re.compile(
    r"\b(?:sleep_for|usleep|nanosleep)\b|\bthis_thread\s*::\s*sleep_until\b|(?<![\w.>])sleep\s*\("
)
HERMETIC_TESTS = ("sim/", "tests/unit/", "tests/contract/", "tests/sim/", "tests/support/")


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Layers:
    """src/LAYERS: who may include whom."""

    def __init__(self, text):
        self.uses, self.external = {}, {}
        for line in text.splitlines():
            name, colon, rest = line.partition("#")[0].strip().partition(":")
            if colon:
                table = self.external if name.startswith("<") else self.uses
                table[name.lstrip("<")] = rest.split()

    def module_of(self, path):
        """The module of a file, its path given from the root; None for tests and benchmarks."""
        inside = path.removeprefix("src/")
        return self._longest(inside) or (inside[:-4] if inside[:-4] in self.uses else None)

    def _longest(self, path):
        fitting = [m for m in self.uses if path.startswith(m + "/")]
        return max(fitting, key=len, default=None)

    def may_include(self, module, header):
        owner = self._longest(header)
        if owner is None or owner == module or owner in self.uses[module]:
            return owner is not None
        stem = re.sub(r"\.\w+$", "", header)
        return any(stem == use or header.startswith(use + "/")
                   for use in self.uses[module] if use not in self.uses)

    def may_use_library(self, module, header):
        for prefix, modules in self.external.items():
            if header.startswith(prefix) and module not in modules:
                return False
        return True


def check_includes(source, layers):
    module = layers.module_of(source.path)
    tops = {m.split("/")[0] for m in layers.uses} | {"tests", "bench"}
    for line, header, quoted in source.includes:
        if quoted and ("/" not in header or header.split("/")[0] not in tops):
            yield line, "include-root", f'"{header}" (write the path from src/ or from the root)'
        elif module is None:
            if source.path.startswith("src/"):
                yield line, "layer", "this directory is no module (name it in src/LAYERS)"
                return
        elif quoted and not layers.may_include(module, header):
            yield line, "layer", f'{module} may not include "{header}" (see src/LAYERS)'
        elif not quoted and not layers.may_use_library(module, header):
            yield line, "layer", f"{module} may not use <{header}> (see src/LAYERS)"


def check_banned(source):
    if source.path.startswith("src/env/real/"):
        return
    code = re.sub(r"^[ \t]*#[ \t]*include.*$", "", source.code, flags=re.MULTILINE)
    for pattern, cure, places, allowed in BANNED:
        if source.path.startswith(places) and not allowed.match(source.path):
            for m in re.finditer(pattern, code):
                line = code.count("\n", 0, m.start()) + 1
                yield line, "banned-call", f"{' '.join(m.group(0).split())} ({cure})"
    if source.path.startswith(HERMETIC_TESTS):
        for m in SLEEPS.finditer(code):
            line = code.count("\n", 0, m.start()) + 1
            yield line, "test-sleep", f"{m.group(0)} (step the simulated clock, await an event)"


def _is_constant(tokens):
    words = [t.text for t in top_level(tokens)]
    if "constexpr" in words:
        return True
    words = words[: words.index("=")] if "=" in words else words
    if "*" in words:
        words = words[len(words) - words[::-1].index("*") :]
    return "const" in words


NOT_A_VARIABLE = {"using", "typedef", "namespace", "template", "friend", "static_assert", "class",
                  "struct", "enum", "union", "concept", "asm", "public", "private", "protected"}


def check_globals(source):
    cure = "let an object own it; pass it to who needs it"
    for declaration in source.declarations:
        words = [t.text for t in top_level(declaration.tokens)]
        line = declaration.tokens[0].line
        if declaration.ends_with != ";" or words[0] in NOT_A_VARIABLE or len(words) < 2:
            continue
        is_function = parameter_list(declaration.tokens) is not None or "operator" in words
        if is_function or _is_constant(declaration.tokens):
            continue
        if declaration.scope == "namespace" or {"static", "thread_local"} & set(words):
            name = next((w for w in reversed(words[: (words + ["="]).index("=")])
                         if re.match(r"[A-Za-z_]", w)), "?")
            yield line, "global", f"'{name}' can change and belongs to nobody ({cure})"
    for statement in source.statics:
        if not _is_constant(statement):
            yield statement[0].line, "global", f"a mutable local {statement[0].text} ({cure})"


def check_sizes(source):
    lines = source.text.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > LIMITS["line"]:
            yield number, "size-line", f"{len(line)} columns, {LIMITS['line']} allowed (break it)"
    kind = "header" if source.path.endswith(".hpp") else "source"
    if len(lines) > LIMITS[kind]:
        yield 1, "size-file", f"{len(lines)} lines, {LIMITS[kind]} allowed (cut it by duty)"
    for function in source.functions:
        length = function.last_line - function.first_line + 1
        if length > LIMITS["function"]:
            yield (function.first_line, "size-function",
                   f"{function.name}: {length} lines, {LIMITS['function']} allowed (cut it)")
    for declaration in source.declarations:
        name = function_name(declaration.tokens)
        count = count_parameters(declaration.tokens)
        is_macro = name.isupper() and len(name) > 3
        if count is not None and count > LIMITS["parameters"] and not is_macro:
            yield (declaration.tokens[0].line, "size-parameters",
                   f"{name}: {count}, {LIMITS['parameters']} allowed (use an options struct)")


def check_text(source):
    if source.path.endswith(".hpp") and not re.match(r"\s*#pragma once\b", source.code):
        yield 1, "pragma-once", "not the first line of code (add it)"
    for i, token in enumerate(source.tokens):
        if token.text == "[" and source.text_at(i + 1) == "=" and source.is_lambda_introducer(i):
            yield token.line, "capture-default", "[=] (name what is captured)"
    named = re.compile(r"\b(?:class|struct|union|enum|concept)\s+(?:class\s+|struct\s+)?"
                       r"(?:\[\[[^\]]*\]\]\s*)?([A-Z]\w*)|\busing\s+([A-Z]\w*)\s*=")
    for m in named.finditer(source.code):
        name = m.group(1) or m.group(2)
        words = re.findall(r"[A-Z][a-z0-9]*", name)
        bad = {"Manager", "Helper", "Helpers", "Util", "Utils", "Data", "Info"} & set(words)
        if bad:
            line = source.code.count("\n", 0, m.start()) + 1
            yield line, "type-name", f"{name} says '{bad.pop()}' (say what it is)"
    for line, comment in source.comments:
        for m in re.finditer(r"\b(TODO(?!\([\w-]+\): \S)|FIXME|XXX|HACK)\b", comment):
            yield (line + comment.count("\n", 0, m.start()), "todo",
                   f"{m.group(1)} (write TODO(topic): what is missing)")


class Exceptions:
    """The `tidy: allow` markers of one file."""

    MARK = re.compile(r"tidy: allow(?:\(([^)]*)\))?[ \t]*(\S[^\n]*)?")

    def __init__(self, source):
        self.path, self.marks, self.bad = source.path, {}, []
        lines = source.code.split("\n")
        for line, comment in source.comments:
            m = self.MARK.search(comment)
            if not m:
                continue
            target = line
            while target <= len(lines) and not lines[target - 1].strip():
                target += 1  # a comment of its own: it speaks of the next line of code
            for rule in re.split(r"[,\s]+", m.group(1) or ""):
                if rule not in RULES:
                    self.bad.append((line, f"no rule '{rule}' (write tidy: allow(RULE) reason)"))
                elif not m.group(2):
                    self.bad.append((line, f"{rule} without a reason (give it)"))
                else:
                    self.marks[(target, rule)] = [line, False]

    def permits(self, line, rule):
        key = (line, rule)
        if rule == "size-file":  # of the whole file: wherever the marker stands
            key = next((k for k in self.marks if k[1] == rule), key)
        if key in self.marks:
            self.marks[key][1] = True
            return True
        return False

    def findings(self):
        for line, message in self.bad:
            yield Finding(self.path, line, "allow", message)
        for (_, rule), (line, used) in self.marks.items():
            if not used:
                yield Finding(self.path, line, "allow", f"{rule} is not needed here (remove it)")


def check_source(path, text, layers):
    """All findings of one file; `path` from the root, with slashes."""
    source = Source.parse(path, text)
    exceptions = Exceptions(source)
    found = set()
    for check in (check_banned, check_globals, check_sizes, check_text, tidy_coroutines.check):
        found.update(check(source))
    found.update(check_includes(source, layers))
    for line, rule, message in found:
        if not exceptions.permits(line, rule):
            yield Finding(path, line, rule, message)
    yield from exceptions.findings()


def check_modules(root, layers):
    """The README.md of every module that has sources."""
    for module in layers.uses:
        directory = root / "src" / module
        if not directory.is_dir() or not any(directory.glob("*.[ch]pp")):
            continue
        path = f"src/{module}/README.md"
        if not (root / path).is_file():
            yield Finding(path, 1, "module-readme", "missing (purpose, main types, dependencies)")
            continue
        count = len((root / path).read_text(encoding="utf-8").splitlines())
        if count > LIMITS["readme"]:
            yield Finding(path, 1, "module-readme",
                          f"{count} lines, {LIMITS['readme']} allowed (the rest goes to docs/)")


def check_tree(root, only=()):
    layers = Layers((root / "src/LAYERS").read_text(encoding="utf-8"))
    for directory in DIRECTORIES:
        for file in sorted((root / directory).rglob("*.[ch]pp")):
            if not only or file.resolve() in only:
                path = file.relative_to(root).as_posix()
                yield from check_source(path, file.read_text(encoding="utf-8"), layers)
    for file in sorted((root / "po").glob("*.po")):
        if not only or file.resolve() in only:
            path = file.relative_to(root).as_posix()
            for finding in tidy_catalogs.check(file.read_text(encoding="utf-8")):
                yield Finding(path, *finding)
    if not only:
        yield from check_modules(root, layers)


def main():
    parser = argparse.ArgumentParser(description="Checks the house rules.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--rules", action="store_true", help="list the rules")
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    if options.rules:
        for rule, meaning in RULES.items():
            print(f"{rule:16} {meaning}")
        return 0
    findings = sorted(check_tree(options.root, {f.resolve() for f in options.files}))
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
