#!/usr/bin/env python3
"""Proves that each rule of tools/tidy.py speaks up at planted code and is quiet at good code."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import tidy  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
LAYERS = tidy.Layers(
    """
    base:
    core:     base
    env:      base core
    env/real: base core env
    engine:   base core env
    api:      base engine/snapshot  # one header of it
    app:      base core env engine api
    main:     base core env env/real engine api app
    sim:      base core env engine app
    <boost/asio: env env/real engine api app main sim
    <curl/:      env/real
    """
)


def coroutine(body):
    return "awaitable<void> f(Clock& clock) {\n" + body + "\n}\n"


def header(body):
    return "#pragma once\n\n" + body + "\n"


# rule -> list of (path, code); a rule must be found exactly where the code says BAD, or anywhere.
BAD = {
    "layer": [
        ("src/core/x.cpp", '#include "env/clock.hpp"'),
        ("src/core/x.cpp", "#include <boost/asio/awaitable.hpp>"),
        ("src/base/x.hpp", header('#include "core/monitor.hpp"')),
        ("src/engine/x.cpp", '#include "env/real/clock.hpp"'),
        ("src/app/app.cpp", '#include "env/real/clock.hpp"'),
        ("sim/world.cpp", '#include "env/real/clock.hpp"'),
        ("src/env/x.cpp", "#include <curl/curl.h>"),
        ("src/api/x.cpp", '#include "engine/pipeline.hpp"'),
        ("src/engine/x.cpp", '#include "tests/support/fake.hpp"'),
        ("src/app/x.cpp", '#include "sim/world.hpp"'),
        ("src/unheard_of/x.cpp", '#include "base/x.hpp"'),
    ],
    "include-root": [
        ("src/core/x.cpp", '#include "monitor.hpp"'),
        ("src/core/x.cpp", '#include "../base/time.hpp"'),
        ("tests/unit/x.cpp", '#include "fake.hpp"'),
    ],
    "banned-call": [
        ("src/engine/x.cpp", "auto f() { return std::chrono::steady_clock::now(); }"),
        ("src/engine/x.cpp", "auto f() { return chrono::system_clock :: now(); }"),
        ("src/main.cpp", "auto f() { return std::time(nullptr); }"),
        ("src/core/x.cpp", "auto f() { return time(nullptr); }"),
        ("src/core/x.cpp", "auto f() { return ::time(&now); }"),
        ("sim/x.cpp", "auto f() { return std::clock(); }"),
        ("src/core/x.cpp", "void f() { clock_gettime(CLOCK_MONOTONIC, &t); }"),
        ("src/probe/x.cpp", "void f() { std::this_thread::sleep_for(1s); }"),
        ("src/probe/x.cpp", "void f() { usleep(10); }"),
        ("src/probe/x.cpp", "void f() { ::sleep(1); }"),
        ("src/base/x.cpp", "auto f() { return std::random_device{}(); }"),
        ("src/base/x.cpp", "int f() { return rand() % 6; }"),
        ("src/base/x.cpp", "int f() { return std::rand(); }"),
        ("src/store/x.cpp", "void f() { std::thread t(work); }"),
        ("src/store/x.cpp", "struct S { std::jthread worker_; };"),
        ("src/store/x.cpp", "auto f() { return std::async(work); }"),
        ("src/engine/x.cpp", "void f() { asio::steady_timer t(ex); }"),
        ("src/main.cpp", 'auto f() { return std::getenv("LANG"); }'),
        ("src/probe/x.cpp", "int f() { return getaddrinfo(a, b, c, d); }"),
        ("src/engine/x.cpp", "void f() { asio::co_spawn(ex, g(), detached); }"),
        ("src/env/x.cpp", "#define NOW() std::chrono::steady_clock::now()"),
        ("sim/x.cpp", "auto f() { return std::chrono::steady_clock::now(); }"),
        ("tests/unit/x.cpp", "auto f() { return std::chrono::system_clock::now(); }"),
    ],
    "global": [
        ("src/core/x.cpp", "namespace vigia {\nint counter = 0;\n}"),
        ("src/core/x.cpp", "namespace {\nstd::map<std::string, int> cache;\n}"),
        ("src/core/x.cpp", "static std::vector<const int> seen{};"),
        ("src/core/x.cpp", 'const char* name = "x";'),
        ("src/core/x.cpp", "constinit int n = 1;"),
        ("src/core/x.hpp", header("inline std::mutex lock;")),
        ("src/core/x.hpp", header("class X {\n    static int count_;\n};")),
        ("src/core/x.hpp", header("class X {\n    inline static std::string name_ = f();\n};")),
        ("src/core/x.cpp", "int f() {\n    static int n = 0;\n    return ++n;\n}"),
        ("src/core/x.cpp", "int f() {\n    thread_local int n = 0;\n    return ++n;\n}"),
    ],
    "test-sleep": [
        ("tests/unit/x.cpp", "void f() { std::this_thread::sleep_for(1ms); }"),
        ("tests/sim/x.cpp", "void f() { usleep(1000); }"),
        ("tests/contract/x.cpp", "void f() { sleep(1); }"),
        ("sim/x.cpp", "void f() { std::this_thread::sleep_until(t); }"),
    ],
    "co-lambda": [
        ("src/engine/x.cpp", coroutine("co_await take([x]() -> awaitable<void> { co_return; });")),
        ("src/engine/x.cpp", coroutine("auto r = co_await race(a(), [&] { return b(); });")),
        ("src/engine/x.cpp", coroutine("if (co_await g(1, [this](int i) { return i; })) return;")),
        ("src/engine/x.cpp", coroutine("use([v = std::move(v)] { return v; }, co_await g());")),
        ("src/engine/x.cpp", coroutine("co_return co_await g([x] { return x; });")),
        ("src/engine/x.cpp", coroutine("Foo foo{co_await g([x] { return x; })};")),
        ("src/engine/x.cpp", coroutine("co_await g(\n    std::function<int()>(\n"
                                       "        [x] { return x; }));  // BAD")),
        ("src/engine/x.cpp", "auto l = [](int x) -> awaitable<void> {\n"
                             "    co_await g([x] { return x; });  // BAD\n};"),
        ("src/engine/x.cpp", "void f() {\n    group.spawn([this]() -> awaitable<void> "
                             "{ co_await g(); }());\n}"),
    ],
    "co-or": [
        ("src/engine/x.cpp", "#include <boost/asio/experimental/awaitable_operators.hpp>"),
        ("src/engine/x.cpp", "using namespace asio::experimental::awaitable_operators;"),
        ("src/engine/x.cpp", coroutine("auto r = co_await (f() || timer());")),
        ("src/engine/x.cpp", coroutine("co_await (f() && g());")),
    ],
    "co-spawn": [
        ("src/app/x.cpp", "void f() {\n    co_spawn(ex, [v]() -> awaitable<void> "
                          "{ co_await g(); }, detached);\n}"),
        ("src/app/x.cpp", coroutine("co_await asio::co_spawn(ex, [v = std::move(v)]() mutable "
                                    "-> awaitable<void> { co_return; }, use_awaitable);")),
        ("src/app/x.cpp", "void f() {\n    co_spawn(ex, [this]() -> awaitable<void> "
                          "{ co_await g(); }(), detached);\n}"),
    ],
    "co-aggregate": [
        ("src/engine/x.cpp", coroutine("co_await use(Opts{.x = X{}, .s = name});")),
        ("src/engine/x.cpp", coroutine("auto r = co_await use(\n    1,\n    {.x = 1});  // BAD")),
    ],
    "co-initiate": [
        ("src/env/x.cpp", coroutine("auto op = asio::async_initiate<T, void()>("
                                    "[this](auto h) { go(h); }, token);\nco_await std::move(op);")),
    ],
    "co-condition": [
        ("src/engine/x.cpp", coroutine("if (co_await g(5)) h();")),
        ("src/engine/x.cpp", coroutine("while (!x.empty()) {\nif (!co_await y()) co_return;\n}")),
        ("src/engine/x.cpp", coroutine("do { ++c; } while (co_await g(c * 7));")),
        ("src/engine/x.cpp", coroutine("if (a < b && c > d && co_await g()) a = b;\nx.y(z);")),
        ("src/engine/x.cpp", coroutine("[&] { int x = 2; use(x); }();\n"
                                       "switch (co_await g()) { case X::y: h(); }")),
    ],
    "capture-default": [
        ("src/engine/x.cpp", "void f() {\n    auto l = [=] { return x; };\n}"),
        ("src/engine/x.cpp", "void f() {\n    use([=, &y](int i) { return x + i; });\n}"),
    ],
    "size-line": [
        ("src/core/x.cpp", "// " + "x" * 98),
        ("tests/unit/x.cpp", "auto s = R\"(" + "ñ" * 100 + ")\";"),
    ],
    "size-file": [
        ("src/core/x.hpp", header("int f();\n" * 300)),
        ("src/core/x.cpp", "int f();\n" * 501),
    ],
    "size-function": [
        ("src/core/x.cpp", "int f() {\n" + "    g();\n" * 69 + "}\n"),
        ("src/core/x.cpp", "X::X(int a)\n    : a_{a},\n      b_(2) {\n" + "    g();\n" * 69 + "}"),
        ("tests/unit/x.cpp", "TEST(A, Does) {\n" + "    g();\n" * 70 + "}\n"),
        ("src/core/x.hpp", header("class X {\nvoid f() const {\n" + "g();\n" * 70 + "}\n};")),
    ],
    "size-parameters": [
        ("src/core/x.hpp", header("int f(int a, int b, int c, int d, int e, int g);")),
        ("src/core/x.hpp", header("class X {\n    X(A a, B b, C<D, E> c, D d, E e, F f);\n};")),
        ("src/core/x.cpp", "int f(int a, int b, int c, int d, std::map<int, int> e, int g) {}"),
    ],
    "pragma-once": [
        ("src/core/x.hpp", "int f();"),
        ("src/core/x.hpp", "#include <string>\n#pragma once\n"),
        ("src/core/x.hpp", "// #pragma once\nint f();"),
    ],
    "type-name": [
        ("src/core/x.cpp", "class ProbeManager {};"),
        ("src/core/x.cpp", "struct TlsInfo;"),
        ("src/core/x.cpp", "enum class DataKind { a };"),
        ("src/core/x.cpp", "using StringUtils = int;"),
        ("src/core/x.cpp", "struct [[nodiscard]] HttpHelper {};"),
    ],
    "todo": [
        ("src/core/x.cpp", "// TODO: later"),
        ("src/core/x.cpp", "// FIXME(me): later"),
        ("src/core/x.cpp", "/* one\n   TODO two BAD */"),
    ],
    "allow": [
        ("src/core/x.cpp", "int n = 0;  // tidy: allow(global)"),
        ("src/core/x.cpp", "int n();  // tidy: allow(no-such-rule) because"),
        ("src/core/x.cpp", "int n();  // tidy: allow(global) not needed"),
        ("src/core/x.cpp", "int n();  // tidy: allow everything"),
    ],
}

GOOD = {
    "layer": [
        ("src/core/x.cpp", '#include "core/x.hpp"\n#include "base/time.hpp"\n#include <string>'),
        ("src/env/x.hpp", header("#include <boost/asio/awaitable.hpp>")),
        ("src/main.cpp", '#include "env/real/clock.hpp"\n#include "app/app.hpp"'),
        ("src/env/real/x.cpp", '#include "env/clock.hpp"\n#include <curl/curl.h>'),
        ("src/api/x.cpp", '#include "engine/snapshot.hpp"'),
        ("sim/x.cpp", '#include "sim/world.hpp"\n#include "app/app.hpp"'),
        ("tests/contract/x.cpp", '#include "env/real/clock.hpp"\n#include <curl/curl.h>'),
        ("src/core/x.cpp", '// #include "env/clock.hpp"\n/*\n#include "env/clock.hpp"\n*/'),
    ],
    "include-root": [("tests/unit/x.cpp", '#include "tests/support/fake.hpp"')],
    "banned-call": [
        ("src/env/real/x.cpp", "auto f() { return std::chrono::steady_clock::now(); }"),
        ("src/env/real/x.cpp", "void f() { std::thread t(work); }"),
        ("src/core/x.cpp", "// steady_clock::now() is banned\n/* getenv( */"),
        ("src/core/x.cpp", 'const auto s = "getenv(x) rand() steady_timer"; const auto c = \'"\';'),
        ("src/core/x.cpp", 'const auto s = R"x(co_spawn " )" getaddrinfo( )x";'),
        ("src/core/x.cpp", "const auto n = 1'000'000, t = clock.now(), w = x.time(0);"),
        ("src/core/x.cpp", "WallTime time(Where where); double uptime(nullptr_t);"),
        ("src/core/x.cpp", "void f() { operand(1); strand(ex); }"),
        ("src/core/x.cpp", "bool f(std::thread::id id);"),
        ("src/env/task_group.cpp", "void f() { asio::co_spawn(ex, g(), handler); }"),
        ("src/env/race.hpp", header("void f() { asio::co_spawn(ex, g(), handler); }")),
        ("src/app/app.cpp", "void f() { asio::co_spawn(ex, g(), handler); }"),
        ("sim/x.cpp", "void f() { asio::steady_timer t(ex); co_spawn(ex, g(), h); }"),
        ("tests/contract/x.cpp", "auto f() { return std::chrono::steady_clock::now(); }"),
        ("src/core/x.cpp", "auto f() {\n    return time(nullptr);"
                           "  // tidy: allow(banned-call) for the test\n}"),
        ("src/core/x.cpp", "// tidy: allow(banned-call) the reason\n// goes on\nauto f() "
                           "{ return time(nullptr); }"),
    ],
    "global": [
        ("src/core/x.cpp", "namespace {\nconstexpr int kA = 1;\nconst std::string kB = f(1);\n}"),
        ("src/core/x.cpp", 'const char* const kName = "x";\nconstexpr std::array kAll{1, 2};'),
        ("src/core/x.cpp", "using A = int;\nclass B;\nenum class C { d, e };\nint f(int a = 1);"),
        ("src/core/x.cpp", "template <class T>\nconstexpr bool kI = 0;\ntemplate class X<int>;"),
        ("src/core/x.cpp", "std::ostream& operator<<(std::ostream& os, const X& x);\n"
                           "bool operator==(const A&, const A&) = default;\n"
                           "X& X::operator=(X&& other) noexcept { return *this; }"),
        ("src/core/x.hpp", header("class X {\npublic:\n    static X make();\n    int n_ = 0;\n"
                                  "    static constexpr int kN = 1;\n    X(const X&) = delete;\n"
                                  "    bool operator==(const X&) const = default;\n};")),
        ("src/core/x.hpp", header("struct P {\n    int a = 3;\n    std::vector<int> v{};\n};\n"
                                  "struct Q : P {\n    using P::P;\n    friend class R;\n};")),
        ("src/core/x.cpp", "int f() {\n    static const int kN = g();\n    int n = 0;\n"
                           "    static constexpr std::array<int, 2> kA{1, 2};\n    return n;\n}"),
        ("src/core/x.cpp", "extern const char table[];\nextern \"C\" {\nint f();\n}\n"
                           "extern \"C\" const char begin[], end[];"),
        ("src/core/x.cpp", "X::X(int a) : a_{a}, b_(2), c_{} { run(); }\nX::~X() = default;"),
        ("tests/unit/x.cpp", "TEST(A, B) { int n = 0; }\nBENCHMARK(x);\n"
                             "INSTANTIATE_TEST_SUITE_P(A, B, Values(1));"),
        ("src/core/x.cpp", "#if A\nint f() {\n#else\nint f(int) {\n#endif\n    return 1;\n}\n"
                           "static int g() { return 1; }\nstatic_assert(sizeof(int) == 4);"),
    ],
    "test-sleep": [
        ("tests/sim/x.cpp", "void f() { co_await clock.sleep_until(t); }"),
        ("tests/e2e/x.cpp", "void f() { sleep(1); }"),
    ],
    "co-lambda": [
        ("src/engine/x.cpp", coroutine("auto fn = [x]() -> awaitable<void> { co_await g(); };\n"
                                       "co_await take(fn);")),
        ("src/engine/x.cpp", coroutine("co_await [](X y) -> awaitable<X> { co_return y; }(x);")),
        ("src/engine/x.cpp", coroutine("auto it = find_if(v, [&](int i) { return i == n; });\n"
                                       "for (auto& x : v) { co_await g(a[i], b[x]); }\n"
                                       "sort(v, [&](int i, int j) { return i < j; });")),
        ("src/engine/x.cpp", "void f() {\n    run([a]() -> awaitable<void> { co_await g(); });\n}"),
        ("src/engine/x.cpp", coroutine("if (x) {\n    use([x] { return x; });\n}\nco_await g();\n"
                                       "Y y{1, [x] { return x; }};")),
        ("src/engine/x.cpp", coroutine("[[maybe_unused]] int n = co_await g();\nint a[] = {1};\n"
                                       "delete[] p;\nco_await g(m[key](1));")),
    ],
    "co-or": [("src/engine/x.cpp", coroutine("x = co_await f() || co_await (g(a || b));"))],
    "co-spawn": [
        ("src/app/x.cpp", "void f() {\n    co_spawn(ex, g(v), [this](std::exception_ptr e) "
                          "{ ended(e); });\n}"),
        ("src/app/x.cpp", "void f() {\n    co_spawn(ex, []() -> awaitable<void> { co_return; }, h);"
                          "\n}"),
    ],
    "co-aggregate": [
        ("src/engine/x.cpp", coroutine("Opts o{.x = X{}};\nco_await use(std::move(o));\n"
                                       "Opts p{.x = 1};")),
    ],
    "co-initiate": [
        ("src/env/x.cpp", "auto start(Token token) {\n    return asio::async_initiate<T, void()>("
                          "[this](auto h) { go(h); }, token);\n}"),
    ],
    "co-condition": [
        ("src/app/x.cpp", coroutine("const bool a = co_await g();\nif (a || co_await h()) x();")),
        ("src/engine/x.cpp", coroutine("if (x) co_await g();\nwhile (y) { co_await g(); }")),
        ("src/engine/x.cpp", coroutine("if (co_await g()) {\n    Parking parking(executor_);\n}")),
        ("src/engine/x.cpp", coroutine("for (const auto& x : v) { if (co_await g(x)) y(); }")),
        ("src/engine/x.cpp", coroutine("if (co_await g()) y();\nstd::map<int, A>::iterator* it;")),
        ("src/engine/x.cpp", coroutine("if (const auto x = co_await g()) y();")),
        ("src/engine/x.cpp", coroutine("sim::Waiter w{1};\nif (co_await g()) y();")),
    ],
    "capture-default": [
        ("src/engine/x.cpp", "void f() {\n    auto l = [&, x] { return x; };\n    a[b] = c;\n}"),
    ],
    "size-line": [("src/core/x.cpp", "// " + "ñ" * 97)],
    "size-file": [
        ("src/core/x.hpp", header("int f();\n" * 297)),
        ("src/core/x.cpp", "// tidy: allow(size-file) a table\n" + "int f();\n" * 600),
    ],
    "size-function": [
        ("src/core/x.cpp", "int f() {\n" + "    g();\n" * 68 + "}\n"),
        ("src/core/x.cpp", "namespace a {\nclass X {\n" + "int f();\n" * 90 + "};\n}\n"
                           "constexpr int kT[] = {\n" + "1,\n" * 90 + "};"),
    ],
    "size-parameters": [
        ("src/core/x.hpp", header("int f(int a, int b, int c, int d, std::map<int, A<B, C>> e);")),
        ("src/core/x.hpp", header("int f(void);\nint g();\nX(F<int(int, int, int)> a, int b = "
                                  "max(1, 2), C c = {1, 2, 3});")),
        ("tests/unit/x.cpp", "INSTANTIATE(A, B, C, D, E, F, G);\n"
                             "const std::array<int, 9> kA = f(1, 2, 3, 4, 5, 6, 7);"),
    ],
    "pragma-once": [("src/core/x.hpp", "// A comment.\n#pragma once\nint f();")],
    "type-name": [
        ("src/core/x.cpp", "class Database {};\nstruct Informer {};\nenum class Utility { a };"),
        ("src/core/x.cpp", "// class ProbeManager\nusing A = XManager;"),
    ],
    "todo": [("src/core/x.cpp", "// TODO(cluster): take over from a dead node\nint todo();")],
    "allow": [("src/core/x.cpp", "int n = 0;  // tidy: allow(global) handed to C, see f()")],
}


def findings_in(path, code):
    return list(tidy.check_source(path, code, LAYERS))


class Rules(unittest.TestCase):
    def test_every_rule_has_planted_and_good_code(self):
        of_the_tree = {"module-readme", "catalog"}
        self.assertEqual(set(BAD) | of_the_tree, set(tidy.RULES))
        self.assertEqual(set(GOOD) | of_the_tree, set(tidy.RULES))

    def test_speaks_up_at_planted_code(self):
        for rule, samples in BAD.items():
            for path, code in samples:
                with self.subTest(rule=rule, code=code[:200]):
                    found = [f for f in findings_in(path, code) if f.rule == rule]
                    self.assertTrue(found, "nothing found")
                    marked = [i for i, line in enumerate(code.splitlines(), 1) if "BAD" in line]
                    if marked:
                        self.assertEqual([f.line for f in found], marked)

    def test_is_quiet_at_good_code(self):
        for rule, samples in GOOD.items():
            for path, code in samples:
                with self.subTest(rule=rule, code=code[:200]):
                    self.assertEqual(list(map(str, findings_in(path, code))), [])

    def test_names_the_place_the_rule_and_the_cure(self):
        (finding,) = findings_in("src/core/x.cpp", "\n\nint f() { return rand(); }")
        expected = "src/core/x.cpp:3: banned-call: rand( (take the injected Rng)"
        self.assertEqual(str(finding), expected)


class Tree(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.write("src/LAYERS", "base:\ncore: base\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def run_tidy(self):
        command = [sys.executable, str(ROOT / "tools/tidy.py"), "--root", str(self.root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def test_a_module_without_readme_or_with_a_long_one_is_found(self):
        self.write("src/base/x.hpp", "#pragma once\n")
        self.write("src/core/x.hpp", "#pragma once\n")
        self.write("src/core/README.md", "line\n" * 41)
        code, out = self.run_tidy()
        self.assertEqual(code, 1)
        self.assertIn("src/base/README.md:1: module-readme: missing", out)
        self.assertIn("src/core/README.md:1: module-readme: 41 lines", out)

    def test_a_translation_with_other_fields_than_its_message_is_found(self):
        po = 'msgid "{} of {}"\nmsgstr "%s"\n\nmsgid ""\n"a {0:.1f}"\nmsgstr "%s"\n'
        for first, second, findings in (
            ("{1} de {0}", "b {0:.1f}", 0),
            ("{} de {}", "", 0),
            ("{{}} {} de {}", "b {0:.1f}", 0),
            ("{} de {1}", "b {0:.1f}", 1),
            ("{} de", "b {0}", 2),
            ("{2} {1} {0}", "b {0:.1f} {0:d}", 2),
        ):
            with self.subTest(first=first, second=second):
                self.write("po/es.po", po % (first, second))
                self.assertEqual(self.run_tidy()[1].count(": catalog: "), findings)

    def test_a_good_tree_passes_in_silence(self):
        self.write("src/base/x.hpp", "#pragma once\n")
        self.write("src/base/README.md", "line\n" * 40)
        self.assertEqual(self.run_tidy(), (0, ""))

    def test_every_directory_is_looked_at(self):
        for directory in ("src/base", "sim", "tests/unit/base", "bench/load"):
            self.write(f"{directory}/x.cpp", "// FIXME\n")
        self.write("src/base/README.md", "line\n")
        self.assertEqual(self.run_tidy()[1].count("todo"), 4)


class LayersOfThisProject(unittest.TestCase):
    def setUp(self):
        self.layers = tidy.Layers((ROOT / "src/LAYERS").read_text(encoding="utf-8"))

    def test_modules_stand_below_what_uses_them(self):
        known = []
        for module, uses in self.layers.uses.items():
            for use in uses:
                owner = use if use in self.layers.uses else use.rpartition("/")[0]
                self.assertIn(owner, known, f"{module} uses {use}, which stands above it")
            known.append(module)

    def test_only_main_may_include_the_real_world(self):
        users = [m for m, uses in self.layers.uses.items() if "env/real" in uses]
        self.assertEqual(users, ["main"])

    def test_the_core_knows_neither_asio_nor_the_ports(self):
        for module in ("base", "core"):
            self.assertFalse(self.layers.may_use_library(module, "boost/asio/awaitable.hpp"))
            self.assertFalse(self.layers.may_include(module, "env/clock.hpp"))


if __name__ == "__main__":
    unittest.main()
