"""Shows of each check what it catches and what it lets pass, on trees made up here."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from checks import (both_compilers, co_await_brace, file_names, include_direction, laws, light_headers, machine_paths,  # noqa: E402
                    module_readme, one_name, self_contained_headers, sizes, todo)
from tree import Tree  # noqa: E402


class Case(unittest.TestCase):
    def catches(self, check, files, *expected):
        faults = check(Tree(files))
        self.assertEqual(len(faults), len(expected), faults)
        for fault, words in zip(faults, expected):
            self.assertIn(words, fault)

    def passes(self, check, files):
        self.assertEqual(check(Tree(files)), [])


class IncludeDirection(Case):
    check = staticmethod(include_direction.check)

    def test_upwards(self):
        self.catches(self.check, {"src/json/value.cc": '#include "base/time.h"\n#include "kernel/strand.h"\n'},
                     "src/json/value.cc:2: json uses kernel, which is above it")

    def test_sideways(self):
        self.catches(self.check, {"src/event/event.cc": '#include "log/log.h"\n'}, "event uses log, which is beside it")

    def test_conductor_and_kernel(self):
        self.catches(self.check, {"src/conductor/server.cc": '#  include <kernel/strand.h>\n#include "http/server.h"\n'},
                     "the conductor uses kernel")

    def test_conductor_may_not_use_all_that_is_below_it(self):
        self.catches(self.check, {"src/conductor/server.cc": '#include "pack/manifest.h"\n'}, "the conductor uses pack")

    def test_packs_know_only_the_sdk(self):
        self.catches(self.check,
                     {"packs/sidekick/task.cc": '#include "lumenflow/pack.h"\n#include "sidekick/task.h"\n#include "base/time.h"\n',
                      "packs/acme-demo/demo.cc": '#include "packs/sidekick/task.h"\n#include "../../src/json/value.h"\n'},
                     "pack acme-demo uses pack sidekick", "a pack uses ../../src/json/value.h", "a pack uses base/time.h")

    def test_kernel_knows_no_pack(self):
        self.catches(self.check, {"src/kernel/dispatch.cc": '#include "packs/sidekick/pack.h"\n',
                                  "src/cli/main.cc": '#include "packs/sidekick/pack.h"\n'}, "kernel knows a pack by name")

    def test_public_headers(self):
        self.catches(self.check, {"include/lumenflow/pack.h": '#include "base/time.h"\n'}, "the public headers use src/base")

    def test_link_lines_too(self):
        self.catches(self.check, {"src/log/CMakeLists.txt": "lumenflow_module(log\n  SOURCES a.cc\n  DEPENDS base journal\n  LINK X)\n"},
                     "log uses journal, which is above it")

    def test_unknown_module(self):
        self.catches(self.check, {"src/misc/a.cc": '#include "base/time.h"\n'}, "misc is not in the table")

    def test_downwards_is_fine(self):
        self.passes(self.check, {"src/kernel/a.cc": '#include "log/log.h"\n#include <vector>\n#include "kernel/b.h"\n'})


class OneName(Case):
    check = staticmethod(one_name.check)

    @staticmethod
    def file(body):
        return "namespace a {\nnamespace {\n\n" + body + "\n}  // namespace\n}  // namespace a\n"

    def test_the_same_name_in_two_files_of_a_folder(self):
        for body in ("constexpr int kMax = 1;", "struct Case {\n  int n;\n};", "bool is_digit(char c) { return c == '0'; }",
                     "constexpr std::string_view kWords[] = {\"a\"};", "class World : public Base {\n};",
                     "Error refused(std::string_view why, int n = 1) {\n  return {};\n}"):
            name = next(word for word in ("kMax", "Case", "is_digit", "kWords", "World", "refused") if word in body)
            self.catches(self.check, {"src/log/a.cc": self.file(body), "src/log/b.cc": self.file(body)},
                         f"'{name}' is also in src/log/a.cc")

    def test_tests_beside_their_testing_folder(self):
        self.catches(self.check, {"src/log/a_test.cc": self.file("constexpr int kMax = 1;"),
                                  "src/log/testing/world.cc": self.file("constexpr int kMax = 2;")}, "'kMax' is also in")

    def test_what_is_apart_is_fine(self):
        body = self.file("constexpr int kMax = 1;")
        self.passes(self.check, {"src/log/a.cc": body, "src/log/a_test.cc": body, "src/http/a.cc": body, "src/log/a.h": body})
        self.passes(self.check, {"src/log/a.cc": self.file("bool is(int a) { return a; }"),
                                 "src/log/b.cc": self.file("bool is(char a) { return a; }")})


class LightHeaders(Case):
    def test_heavy_library_in_a_header_that_others_include(self):
        self.catches(light_headers.check, {"include/lumenflow/a.h": "#include <openssl/evp.h>\n",
                                           "src/log/a.h": "#include <vector>\n#include <sqlite3.h>\n",
                                           "src/journal/b.cc": '#include "log/a.h"\n'},
                     "include/lumenflow/a.h:1", "src/log/a.h:2")

    def test_whole_library_in_any_header(self):
        self.catches(light_headers.check, {"src/http/session.h": "#include <boost/beast/http.hpp>\n",
                                           "src/http/all.h": "#include <boost/asio.hpp>\n"}, "boost/asio.hpp", "boost/beast")

    def test_sources_and_private_headers(self):
        self.passes(light_headers.check, {"src/http/a.cc": '#include <boost/beast.hpp>\n#include "http/a.h"\n',
                                          "src/http/a.h": "#include <boost/asio/steady_timer.hpp>\n"})


class BothCompilers(Case):
    def test_views(self):
        self.catches(both_compilers.check,
                     {"src/log/a.cc": "// keys\nauto keys(const Map& map) { return map | std::views::keys; }\n"},
                     "src/log/a.cc:2")

    def test_algorithms(self):
        self.passes(both_compilers.check, {"src/log/a.cc": "bool any(const Map& m) { return std::ranges::any_of(m, is); }\n"
                                                           "// not std::views\n"})


class CoAwaitBrace(Case):
    check = staticmethod(co_await_brace.check)

    def test_aggregate(self):
        self.catches(self.check, {"src/http/a.cc": "auto x = co_await f({.a = x});\n"}, "src/http/a.cc:1")

    def test_lambda_over_several_lines(self):
        self.catches(self.check, {"src/http/a.cc": "co_await\n    f(g(1,\n      [s] {\n return; }));\n"}, "src/http/a.cc:3")

    def test_braced_object_after_the_call(self):
        self.catches(self.check, {"src/http/a.cc": "co_return co_await Timer{io, 5};\n"}, "in a co_await expression")

    def test_statement_expression(self):
        self.catches(self.check, {"src/http/a_test.cc": "EXPECT_TRUE(({ co_await f(); true; }));\n"}, "statement expression")

    def test_arguments_of_an_awaiting_macro(self):
        self.catches(self.check, {"src/http/a.h": "#define TRY_AWAIT(x) \\\n  do { auto r = co_await (x); } while (0)\n",
                                  "src/http/a.cc": "TRY_AWAIT(f(\n  {1, 2}));\nTRY_AWAIT(f(x));\n"}, "src/http/a.cc:2")

    def test_braces_that_begin_after_the_expression(self):
        self.passes(self.check, {"src/http/a.cc": """
          if (co_await f(x)) { g(); }
          for (auto& y : co_await f()) { g(y); }
          while (!(co_await f(x)).ok()) { g(); }
          co_await f("{", '{', R"({)"); // co_await f({})
          /* co_await f({}) */ auto options = Options{1}; co_await f(options);
          h(co_await f(x), 1); auto z = Z{co_await f(x)};
          co_spawn(io, [&]() -> Task { co_await f(x); }, detached);
          """})


class Sizes(Case):
    check = staticmethod(sizes.check)
    LONG = "int f(int a) {\n" + "  g();\n" * 80 + "}\n"

    def test_long_files(self):
        self.catches(self.check, {"src/a/a.h": "\n" * 251, "src/a/a.cc": "\n" * 501, "src/a/a_test.cc": "\n" * 801,
                                  "src/a/b.h": "\n" * 250, "src/a/b.cc": "\n" * 500, "src/a/b_test.cc": "\n" * 800},
                     "src/a/a.cc: 501 lines, over 500", "src/a/a.h: 251", "src/a/a_test.cc: 801")

    def test_generated_files_are_as_long_as_their_source_makes_them(self):
        self.passes(self.check, {"src/a/a.h": "// Generated from x by y\n" + "\n" * 300})
        self.catches(self.check, {"src/a/a.h": "\n// Generated from x by y\n" + "\n" * 300}, "src/a/a.h: 302 lines")

    def test_long_lines_count_characters(self):
        self.catches(self.check, {"src/a/a.cc": "// " + "x" * 118 + "\n// " + "é" * 117 + "\n"}, "1 lines over 120 characters")

    def test_long_function(self):
        self.catches(self.check, {"src/a/a.cc": "namespace a {\n" + self.LONG + "}\n"}, "src/a/a.cc:f: 82 lines in a function")

    def test_long_function_in_unusual_places(self):
        body = "  if (x) {\n  }\n" * 40
        self.catches(self.check, {"src/a/a.cc": "extern \"C\" {\nnamespace {\nclass [[nodiscard]] A final : public B {\n public:\n"
                                                "  A(int x) : b_{x}, c_(x) {\n" + body + "  }\n"
                                                "  int x = 3;\n  struct { int y; } z{1};\n  int g() const { return 1; }\n};\n}}\n"
                                                "TEST(Suite, Case) {\n" + body + "}\n"}, "A: 82", "Suite.Case: 82")

    def test_tables_and_classes_are_no_functions(self):
        self.passes(self.check, {"src/a/a.cc": "constexpr Row kRows[] = {\n" + "  {f(1), 2},\n" * 80 + "};\n"
                                               "class A {\n" + "  int f() { return 1; }\n" * 80 + "};\n"})

    def test_ratchet_holds_and_only_shrinks(self):
        entry = {"tests/tidy/sizes.txt": "# why\nfunction src/a/a.cc:f 82\n"}
        self.passes(self.check, {"src/a/a.cc": self.LONG, **entry})
        self.catches(self.check, {"src/a/a.cc": self.LONG.replace("f(", "h("), **entry}, "82 lines in a function", "has shrunk")
        self.catches(self.check, {"src/a/a.cc": self.LONG[:-2] + "  g();\n}\n", **entry}, "83 lines in a function")
        self.catches(self.check, {"src/a/a.cc": "", **entry}, "has shrunk below 82")

    def test_update_never_grows(self):
        tree = Tree({"src/a/a.cc": self.LONG, "src/a/b.cc": "\n" * 600,
                     "tests/tidy/sizes.txt": "function src/a/a.cc:f 90\nfile src/a/gone.cc 700\n"})
        self.assertEqual(sizes.shrunk(tree), {("function", "src/a/a.cc:f"): 82})
        tree = Tree({"src/a/a.cc": self.LONG, "tests/tidy/sizes.txt": "function src/a/a.cc:f 75\n"})
        self.assertEqual(sizes.shrunk(tree), {("function", "src/a/a.cc:f"): 75})
        self.assertEqual(sizes.parse_ratchet(sizes.render_ratchet(sizes.shrunk(tree))), sizes.shrunk(tree))


class MachinePaths(Case):
    def test_paths(self):
        self.catches(machine_paths.check, {"scripts/x": "cd /" + "work/main\n", "src/a/a.cc": 'open("/' + 'home/ana/x");\n',
                                           "docs/a.md": "see /" + "tmp/x\n"}, "docs/a.md:1", "scripts/x:1", "src/a/a.cc:1")

    def test_hosts(self):
        self.catches(machine_paths.check, {"web/package-lock.json": "{\n https://" + "registry.npmjs" + ".org/a }\n"}, ":2: a registry")

    def test_what_only_looks_like_one(self):
        self.passes(machine_paths.check, {"docs/a.md": "${root}/work/x src/tmp/y /workspace/a /rooted/a https://a.org/home/b\n"})


class ModuleReadme(Case):
    CMAKE = {"src/a/CMakeLists.txt": "lumenflow_module(a SOURCES a.cc)\n"}

    def test_missing_short_and_long(self):
        self.catches(module_readme.check, self.CMAKE, "src/a: no README.md")
        self.catches(module_readme.check, {**self.CMAKE, "src/a/README.md": "# a\n" * 19}, "19 lines")
        self.catches(module_readme.check, {**self.CMAKE, "src/a/README.md": "# a\n" * 61}, "61 lines")

    def test_right_length_or_no_target(self):
        self.passes(module_readme.check, {**self.CMAKE, "src/a/README.md": "# a\n" * 20,
                                          "src/b/CMakeLists.txt": "# lumenflow_module(b SOURCES b.cc)\n"})


class Todo(Case):
    def test_needs_an_end(self):
        self.catches(todo.check, {"src/a/a.cc": "// TO" + "DO: later\n// TO" + "DO(docs/decisions/0007): later\n// FIX" + "ME\n"},
                     "a.cc:1", "a.cc:3")


class FileNames(Case):
    def test_other_habits(self):
        self.catches(file_names.check, {"src/a/BigFile.h": "", "src/a/good_name_test.cc": "", "src/a/x.cpp": "", "src/a/a-b.cc": "",
                                        "src/a/test_x.cc": "", "README.md": ""},
                     "BigFile.h: not snake_case", "a-b.cc: not snake_case", "test_x.cc: a test is named", "x.cpp: C++ files")


class Laws(Case):
    TESTS = {f"tests/integration/law{n}_test.cc": f"TEST(Law{n}Name, Case) {{}}\n" for n in range(1, 8)}

    def test_law_without_a_test(self):
        self.catches(laws.check, self.TESTS, "law 8 (Nothing is lost silently) is named by no test")

    def test_only_tests_count(self):
        self.catches(laws.check, {**self.TESTS, "src/a/a.cc": "// Law 8\n"}, "law 8")

    def test_ratchet_only_shrinks(self):
        self.passes(laws.check, {**self.TESTS, "tests/tidy/laws_missing.txt": "# none\n8 Nothing is lost silently\n"})
        self.catches(laws.check, {**self.TESTS, "src/a/a_test.cc": "// Law 8\n", "tests/tidy/laws_missing.txt": "8 Nothing\n"},
                     "law 8 has a test now")


class SelfContainedHeaders(Case):
    def test_header_that_leans_on_its_includer(self):
        files = {"src/a/good.h": "#pragma once\n#include <string>\ninline std::string f() { return {}; }\n",
                 "src/a/bad.h": "#pragma once\ninline std::string g() { return {}; }\n",
                 "src/a/warns.h": "#pragma once\ninline int h(int unused) { return 1; }\n",
                 "src/a/second.h": "#pragma once\ninline std::string i() { return {}; }\n",
                 "src/a/second.cc": '// i()\n#include <string>\n\n#include "a/second.h"\n'}
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                (pathlib.Path(root) / path).parent.mkdir(parents=True, exist_ok=True)
                (pathlib.Path(root) / path).write_text(text, encoding="utf-8")
            faults = self_contained_headers.check_on_disk(root, Tree.from_disk(root))
        self.assertEqual(len(faults), 3, faults)
        self.assertIn("src/a/bad.h does not stand alone", faults[0])
        self.assertIn("src/a/second.h", faults[1])
        self.assertIn("src/a/warns.h", faults[2])

    def test_header_that_its_source_includes_first_waits_for_the_long_run(self):
        tree = Tree({"src/a/a.cc": '// a\n#include "a/a.h"\n#include <string>\n', "src/a/a.h": "", "src/a/b.h": "",
                     "src/b/a.cc": '#include "a/a.h"\n', "src/b/a.h": ""})
        self.assertTrue(self_contained_headers.stands_in_its_source(tree, "src/a/a.h"))
        self.assertFalse(self_contained_headers.stands_in_its_source(tree, "src/a/b.h"))
        self.assertFalse(self_contained_headers.stands_in_its_source(tree, "src/b/a.h"))


class EveryCheck(unittest.TestCase):
    def test_has_a_case_here(self):
        folder = pathlib.Path(__file__).resolve().parent / "checks"
        names = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
        cases = {"".join(f"_{c.lower()}" if c.isupper() else c for c in case.__name__).lstrip("_") for case in Case.__subclasses__()}
        self.assertEqual(names, cases)


if __name__ == "__main__":
    unittest.main()
