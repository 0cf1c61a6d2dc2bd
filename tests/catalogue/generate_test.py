#!/usr/bin/env python3
"""`lumenflow generate` as a program: golden outputs, vectors, locales, orders of folders, drift, watching.

    generate_test.py LUMENFLOW      LUMENFLOW_UPDATE=1 writes the golden outputs
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "golden"
ROOT = HERE.parent.parent
LOCALES = ["C", "da_DK.UTF-8", "sv_SE.UTF-8", "cs_CZ.UTF-8"]
PROGRAM = ""


def run(*arguments, **environment):
    return subprocess.run([PROGRAM, "generate", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, **environment}, timeout=60, check=False)


def files_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def write_pack(folder, slug, schema="true", name="done", version=1):
    (folder / "content").mkdir(parents=True, exist_ok=True)
    (folder / "manifest.yaml").write_text(f"id: {slug}\nversion: 1.0.0\nevent_types: content/event-types.json\n")
    (folder / "content/event-types.json").write_text(
        f'{{"packSlug": "{slug}", "eventTypes": [{{"namespace": "{slug}", "name": "{name}", "version": {version}, "schema": "./s.json"}}]}}\n')
    (folder / "content/s.json").write_text(schema)


class Generate(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="lumenflow-generate-")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.packs, self.out = self.scratch / "packs", self.scratch / "out"
        self.packs.mkdir()

    def generate(self, *arguments, code=0, **environment):
        said = run("--packs-root", self.packs, "--out", self.out, *arguments, **environment)
        self.assertEqual(said.returncode, code, said.stdout)
        return said.stdout

    def test_golden_outputs(self):
        shutil.copytree(GOLDEN / "packs", self.packs, dirs_exist_ok=True)
        self.generate("--base", GOLDEN / "base.json")
        if os.environ.get("LUMENFLOW_UPDATE"):
            shutil.copytree(self.out, GOLDEN / "out", dirs_exist_ok=True)
        self.assertEqual(files_of(self.out), files_of(GOLDEN / "out"))

    def test_the_vectors_hashes(self):
        self.assertIn("hash 6518cbf9", self.generate("--base", GOLDEN / "base.json"))
        shutil.copytree(GOLDEN / "packs/sample-pack", self.packs / "sample-pack")
        self.assertIn("hash 7d1632fb", self.generate("--base", GOLDEN / "base.json"))
        shutil.rmtree(self.out)
        shutil.rmtree(self.packs / "sample-pack")
        (self.scratch / "empty.json").write_text("[]")
        self.assertIn("0 event types, hash 811c9dc5", self.generate("--base", self.scratch / "empty.json"))

    def test_the_same_bytes_in_every_locale_and_order_of_folders(self):
        slugs = ["aa", "a-b", "ab", "ch", "zz", "i", "o1", "o-1"]
        expected = None
        for order in range(100):
            shutil.rmtree(self.packs)
            self.packs.mkdir()
            random.Random(order).shuffle(slugs)
            for slug in slugs:
                write_pack(self.packs / slug, slug, '{"type": "number", "multipleOf": 0.5}', version=1234567)
            shutil.rmtree(self.out, ignore_errors=True)
            self.generate(LC_ALL=LOCALES[order % len(LOCALES)], LANG=LOCALES[order % len(LOCALES)])
            expected = expected or files_of(self.out)
            self.assertEqual(files_of(self.out), expected)

    def test_twice_is_once_and_writes_nothing(self):
        write_pack(self.packs / "acme", "acme")
        self.assertIn("wrote ", self.generate())
        before = {path: path.stat().st_mtime_ns for path in self.out.iterdir()}
        self.assertIn(": up to date", self.generate())
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.out.iterdir()}, before)

    def test_check_writes_nothing_and_shows_the_difference(self):
        write_pack(self.packs / "acme", "acme")
        self.assertIn("is missing", self.generate("--check", code=1))
        self.assertFalse(self.out.exists())
        self.generate()
        self.assertEqual(self.generate("--check"), "")
        before = files_of(self.out)
        write_pack(self.packs / "acme", "acme", version=2)
        said = self.generate("--check", code=1)
        self.assertIn("runtime_event_manifest.generated.h:", said)
        self.assertIn('+   {2, "acme:done", 2, "acme", "./s.json"},', said)
        self.assertEqual(files_of(self.out), before)

    def test_nothing_is_written_when_anything_is_wrong(self):
        write_pack(self.packs / "acme", "acme")
        self.generate()
        before = files_of(self.out)
        write_pack(self.packs / "acme", "acme", version=2)
        write_pack(self.packs / "bad", "bad", "{")
        write_pack(self.packs / "worse", "worse", name="Done")
        said = self.generate(code=1)
        self.assertIn("LF1070", said)
        self.assertIn("LF1065", said)
        self.assertEqual(files_of(self.out), before)

    def test_a_symlink_does_not_lead_out_of_the_pack(self):
        write_pack(self.packs / "acme", "acme")
        (self.scratch / "outside.json").write_text("true")
        (self.packs / "acme/content/s.json").unlink()
        (self.packs / "acme/content/s.json").symlink_to(self.scratch / "outside.json")
        self.assertIn("LF1069", self.generate(code=1))
        shutil.move(self.packs / "acme/content", self.scratch / "content")
        (self.packs / "acme/content").symlink_to(self.scratch / "content")
        self.assertIn("LF1042", self.generate(code=1))
        self.assertFalse(self.out.exists())

    def test_a_type_goes_for_good_only_when_it_is_removed(self):
        write_pack(self.packs / "acme", "acme")
        self.generate()
        shutil.rmtree(self.packs / "acme")
        self.assertIn("LF1074", self.generate(code=1))
        self.assertIn("2 event types", self.generate("--remove", "acme:done"))
        self.generate("--check")

    def test_compat_says_what_breaks_and_which_version_makes_it_legal(self):
        write_pack(self.packs / "acme", "acme", '{"type": "object", "properties": {"n": {"type": "number"}}}')
        self.generate()
        old = self.scratch / "old.json"
        shutil.copy(self.out / "catalogue.lock.json", old)
        shutil.rmtree(self.out)
        write_pack(self.packs / "acme", "acme", '{"type": "object", "properties": {"n": {"type": "integer"}}}')
        self.generate()
        said = run("compat", old, self.out / "catalogue.lock.json")
        self.assertEqual(said.returncode, 1)
        self.assertIn("BREAKS      acme:done (version 1)\n  type: only integers are taken now\n"
                      "    old '/properties/n'  new '/properties/n/type'\n"
                      "    valid in the old one, not in the new one: {\"n\":0.5}\n  version 2 makes it legal\n", said.stdout)
        self.assertEqual(run("compat", old, self.out / "catalogue.lock.json", "--mode", "forward").returncode, 0)
        self.assertEqual(run("compat", old, old, "--mode", "full-transitive").returncode, 0)
        self.assertEqual(run("compat", old, self.scratch / "none.json").returncode, 2)

    def test_wrong_usage_is_told(self):
        self.assertEqual(run("--packs-root", self.scratch / "none").returncode, 2)
        self.assertEqual(run("--check", "--watch").returncode, 2)
        self.assertEqual(run("--base", self.scratch / "none.json", "--packs-root", self.packs).returncode, 2)

    def test_watching_generates_again_when_a_file_changes(self):
        write_pack(self.packs / "acme", "acme")
        process = subprocess.Popen([PROGRAM, "generate", "--watch", "--packs-root", self.packs, "--out", self.out], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.terminate)

        def await_line(word):
            for line in process.stdout:
                if word in line:
                    return line
            self.fail(f"it ended before it said {word!r}")

        first = await_line("event types, hash")
        write_pack(self.packs / "acme", "acme", version=2)
        self.assertNotEqual(await_line("event types, hash"), first)
        self.assertIn(b'"version": 2', (self.out / "runtime_event_manifest.generated.json").read_bytes())
        (self.packs / "acme/content/event-types.json").unlink()
        await_line("LF1074")
        write_pack(self.packs / "acme", "acme", version=3)
        await_line("event types, hash")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
