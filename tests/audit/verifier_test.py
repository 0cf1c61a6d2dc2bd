"""The verifier under tools/ against the product: what the one writes the other accepts, and nothing altered passes.

usage: verifier_test.py LUMENFLOW MAKE_PROOFS TOOLS_DIR [unittest arguments]
"""

import base64
import copy
import hashlib
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import unittest

LUMENFLOW, MAKE_PROOFS, TOOLS = sys.argv[1:4]
PACKAGE = os.path.join(TOOLS, "lumenflow_verify")
sys.path.insert(0, PACKAGE)
sys.dont_write_bytecode = True

import ed25519  # noqa: E402
import note  # noqa: E402
import proof  # noqa: E402
import strict_json  # noqa: E402
from failure import Failure  # noqa: E402

SIZE_MAX = 300


def tool(*arguments, **options):
    return subprocess.run([sys.executable, "-B", PACKAGE, *arguments], capture_output=True, text=True, **options)


def made_proofs(*size):
    return subprocess.run([MAKE_PROOFS, *size], capture_output=True, text=True, check=True).stdout.strip()


class Ed25519(unittest.TestCase):
    # RFC 8032, section 7.1: tests 1 to 3.
    CASES = [
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
         "655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
         "b00d291612bb0c00"),
        ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
         "c027beceea1ec40a"),
    ]

    def test_the_vectors_of_the_rfc(self):
        for key, message, signature in self.CASES:
            self.assertTrue(ed25519.verify(*map(bytes.fromhex, (key, message, signature))))

    def test_anything_else_is_refused(self):
        key, message, signature = map(bytes.fromhex, self.CASES[2])
        for i in range(64):
            other = bytearray(signature)
            other[i] ^= 1 << i % 8
            self.assertFalse(ed25519.verify(key, message, bytes(other)))
        self.assertFalse(ed25519.verify(key, message + b"x", signature))
        self.assertFalse(ed25519.verify(key, message, signature[:-1]))
        s = int.from_bytes(signature[32:], "little") + ed25519.ORDER
        self.assertFalse(ed25519.verify(key, message, signature[:32] + s.to_bytes(32, "little")), "another form of S")


class Canonical(unittest.TestCase):
    def test_numbers_as_ecmascript_prints_them(self):
        for value, text in [(0.0, "0"), (-0.0, "0"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-7, "1e-7"),
                            (1e-6, "0.000001"), (0.5, "0.5"), (123.456, "123.456"), (5e-324, "5e-324"), (-1.5e300, "-1.5e+300"),
                            (9007199254740991, "9007199254740991"), (333333333.33333329, "333333333.3333333"),
                            (1.7976931348623157e308, "1.7976931348623157e+308"), (100.0, "100"), (2**53 + 2, "9007199254740994")]:
            self.assertEqual(strict_json.canonical(value), text)

    def test_keys_in_the_order_of_their_utf16(self):
        self.assertEqual(strict_json.canonical({"\u20ac": 1, "\U0001f600": 2, "\ufb33": 3, "a": [True, None, "\u007f\u2028\n"]}),
                         '{"a":[true,null,"\u007f\u2028\\n"],"\u20ac":1,"\U0001f600":2,"\ufb33":3}')

    def test_a_key_twice_is_refused(self):
        self.assertRaises(Failure, strict_json.parse, '{"a":1,"a":2}')


class Proofs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.key = note.parse_key(made_proofs())
        cls.documents = [json.loads(line) for line in made_proofs("40").splitlines()]

    def check(self, document, held=()):
        return proof.check(document, note.Verifier(self.key), held)

    def test_every_size_and_every_pair(self):
        with subprocess.Popen([MAKE_PROOFS, str(SIZE_MAX)], stdout=subprocess.PIPE, text=True) as maker:
            checked = tool("--json", "proof", "--key", made_proofs(), "--lines", "-", stdin=maker.stdout)
        self.assertEqual(maker.returncode, 0)
        self.assertEqual(checked.stderr, "")
        count = SIZE_MAX * (SIZE_MAX + 1) // 2 + SIZE_MAX * (SIZE_MAX + 3) // 2
        self.assertEqual(json.loads(checked.stdout), {"proven": ["%d proofs" % count], "holds": True})

    def test_an_altered_proof_is_refused(self):
        verifier, refused = note.Verifier(self.key), 0
        for document in self.documents[::7]:
            for altered in self.alterations(document):
                with self.assertRaises(Failure, msg=json.dumps(altered)):
                    proof.check(altered, verifier)
                refused += 1
        self.assertGreater(refused, 3000)

    @staticmethod
    def alterations(document):
        def changed(**members):
            return dict(copy.deepcopy(document), **members)

        path = document["proof"]
        for i, step in enumerate(path):
            flipped = "%064x" % (int(step, 16) ^ 1 << 8 * (i % 32))
            yield changed(proof=path[:i] + [flipped] + path[i + 1 :])
            yield changed(proof=path[:i] + path[i + 1 :])
        yield changed(proof=path + ["00" * 32])
        yield changed(root="00" * 32)
        yield changed(tree_size=document["tree_size"] + 1)
        yield changed(origin="lumenflow/log-b")
        text = document["checkpoint"]
        yield changed(checkpoint=text.replace("\n%d\n" % document["tree_size"], "\n%d\n" % (document["tree_size"] + 1)),
                      tree_size=document["tree_size"] + 1)
        if "leaf_index" in document:
            yield changed(leaf_index=document["leaf_index"] + 1)
            yield changed(entry=base64.b64encode(b"{}").decode())
            yield changed(leaf_hash="00" * 32)
        elif document["from_size"]:
            yield changed(from_size=document["from_size"] + 1)
            yield changed(from_root="11" * 32)

    def test_held_against_a_checkpoint_that_was_kept(self):
        verifier = note.Verifier(self.key)
        at = {d["tree_size"]: verifier.head(d["checkpoint"]) for d in self.documents}
        growth = next(d for d in self.documents if d.get("from_size") == 20 and d["tree_size"] == 33)
        self.check(growth, [at[20]])
        self.check(growth, [at[33]])
        with self.assertRaises(Failure):
            self.check(growth, [at[21]])
        with self.assertRaises(Failure):
            self.check(growth, [at[20]._replace(root=b"\0" * 32)])


class Checkpoints(unittest.TestCase):
    # The golden checkpoint of docs/formats/log.md.
    NOTE = ("lumenflow/log-a\n1234\nPAb5plclr2BSYfY2ZyyWINQJcx2JpFHXRV/pxK4WeCk=\n\n\u2014 lumenflow/log-a "
            "fsE1IcvMYlGEX7l6zaXU8UIAZ/eMw2sHC5QwkpFdnxz/JyVtTY+EGYcbrDcKEddK5C3JUZ11Hxccxf3R8yAbYpPdAA8=\n")

    @classmethod
    def setUpClass(cls):
        cls.key = made_proofs()

    def test_the_golden_one(self):
        said = tool("checkpoint", "--key", self.key, "-", input=self.NOTE)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("1234 entries", said.stdout)

    def test_altered_ones(self):
        for old, new in [("1234", "1235"), ("1234", "01234"), ("PAb5", "PAb6"), ("log-a\n1", "log-b\n1"), ("fsE1", "fsE2"),
                         ("yyW", "yyX"), ("\n\n", "\n"), ("\u2014 ", "- "), ("A8=\n", "A8="), ("1234\n", "1234\nmore\n")]:
            self.assertIn(old, self.NOTE)
            said = tool("checkpoint", "--key", self.key, "-", input=self.NOTE.replace(old, new))
            self.assertEqual(said.returncode, 1, (old, new, said.stdout))

    # The same, co-signed: src/log/witness_test.cc has these bytes too.
    WITNESS = "conductor.example+c6a95cca+BMhTrQ8M0rYZrqks7sT9VqJNZJnVhM55JX5Fz9gTm2Cn"
    COSIGNED = NOTE + ("\u2014 conductor.example xqlcygAAAABlU/EAtZpUzopzhiNVcjyUFZX"
                       "XZN85LUJdAO6tcs2229oqBophX7ZKvsR08VDY6ARM8gCsMZmXqrnfiOeyG0/xmsXMCA==\n")

    def test_a_witness(self):
        def said(text, *more):
            return tool("checkpoint", "--key", self.key, *more, "-", input=text).returncode

        self.assertEqual(said(self.COSIGNED), 0, "who asks for no witness")
        self.assertEqual(said(self.COSIGNED, "--witness", self.WITNESS), 0)
        self.assertEqual(said(self.NOTE, "--witness", self.WITNESS), 1, "it did not sign")
        self.assertEqual(said(self.NOTE, "--witness", self.WITNESS, "--witnesses-needed", "0"), 0)
        self.assertEqual(said(self.COSIGNED[:-8] + "A" + self.COSIGNED[-7:], "--witness", self.WITNESS), 1, "altered")

    def test_a_key_that_is_none_is_usage(self):
        self.assertEqual(tool("checkpoint", "--key", "nonsense", "-", input=self.NOTE).returncode, 2)


class Journals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.state = os.path.join(cls.root, ".lumenflow/state")
        cls.run_lumenflow("init", "--id", "ws-42")
        for n in range(12):
            cls.run_lumenflow("call", "task:create", "--input", json.dumps({"title": "task %d" % n}))
        cls.run_lumenflow("call", "task:create", "--input", "-", input=json.dumps({"title": "long", "description": "\u00fc" * 65_000}))
        cls.key = os.path.join(cls.state, "keys/log.pub")
        cls.held = os.path.join(cls.root, "held")
        shutil.copy(os.path.join(cls.state, "checkpoints/latest"), cls.held)
        cls.export = os.path.join(cls.root, "export.jsonl")
        cls.run_lumenflow("audit", "export", "--format", "json", "--out", cls.export)
        with open(cls.export, encoding="utf-8") as file:
            cls.lines = file.read().splitlines()
        with open(cls.held, encoding="utf-8") as file:
            cls.size = int(file.read().split("\n")[1])

    @classmethod
    def run_lumenflow(cls, *arguments, **options):
        return subprocess.run([LUMENFLOW, "--workspace", cls.root, *arguments], check=True, capture_output=True, text=True,
                              **options)

    def journal(self, path):
        said = tool("--json", "journal", "--key", self.key, "--checkpoint", self.held, path)
        self.assertIn(said.returncode, (0, 1), said.stderr)
        return json.loads(said.stdout)

    def exported(self, lines):
        path = os.path.join(self.root, "altered.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
        return self.journal(path)

    def test_an_export_holds(self):
        said = self.journal(self.export)
        self.assertTrue(said["holds"], said)
        self.assertEqual(said["confirmed"], self.size)

    def test_a_proof_of_the_command_holds(self):
        for arguments in (("audit", "prove", "3"), ("audit", "consistency", "2", "9")):
            said = tool("proof", "--key", self.key, "-", input=self.run_lumenflow(*arguments).stdout)
            self.assertEqual(said.returncode, 0, said.stderr)

    def test_an_altered_export_is_located(self):
        at = 7
        line = json.loads(self.lines[at - 1])
        changed = dict(line, entry=dict(line["entry"], ts="1999-01-01T00:00:00.000Z"))
        said = self.exported(self.lines[: at - 1] + [json.dumps(changed)] + self.lines[at:])
        self.assertEqual((said["holds"], said["position"]), (False, at))
        said = self.exported(self.lines[: at - 1] + self.lines[at:])
        self.assertEqual((said["holds"], said["position"]), (False, at))
        said = self.exported(self.lines[: at - 1] + [self.lines[at], self.lines[at - 1]] + self.lines[at + 1 :])
        self.assertEqual((said["holds"], said["position"]), (False, at))
        said = self.exported(self.lines[: self.size - 1])
        self.assertEqual((said["holds"], said["position"]), (False, 1), "its end, or any before it")
        self.assertIn("has %d entries, a checkpoint has %d" % (self.size - 1, self.size), said["what"])

    def test_a_forged_export_with_leaves_to_match_is_found(self):
        import tree
        line = json.loads(self.lines[4])
        line["entry"]["ts"] = "1999-01-01T00:00:00.000Z"
        line["leaf_hash"] = tree.leaf_hash(strict_json.canonical(line["entry"]).encode()).hex()
        said = self.exported(self.lines[:4] + [json.dumps(line)] + self.lines[5:])
        self.assertEqual((said["holds"], said["position"]), (False, 1), "somewhere up to the checkpoint")

    def test_the_database_holds_with_its_bodies(self):
        path = os.path.join(self.state, "journal.db")
        said = self.journal(path)
        self.assertTrue(said["holds"], said)
        self.assertRegex(said["proven"][0], r"; 26 stored inputs and results match their hashes$")

    def altered_database(self, change):
        folder = tempfile.mkdtemp(dir=self.root)
        copied = os.path.join(folder, "journal.db")
        with sqlite3.connect(os.path.join(self.state, "journal.db")) as source, sqlite3.connect(copied) as target:
            source.backup(target)
            change(target)
        shutil.copytree(os.path.join(self.state, "blobs"), os.path.join(folder, "blobs"))
        return self.journal(copied)

    def test_an_altered_database_is_located(self):
        def first_row(database, least):
            return database.execute("SELECT position, entries FROM rows WHERE position >= ? LIMIT 1", (least,)).fetchone()

        def flip(database):
            position, entries = first_row(database, 5)
            self.at = position
            database.execute("UPDATE rows SET entries = ? WHERE position = ?",
                             (entries.replace(b'"ts":"2', b'"ts":"3', 1), position))

        said = self.altered_database(flip)
        self.assertEqual((said["holds"], said["position"]), (False, self.at), said)

        def drop(database):
            self.at = first_row(database, 5)[0]
            database.execute("DELETE FROM rows WHERE position = ?", (self.at,))

        said = self.altered_database(drop)
        self.assertEqual((said["holds"], said["position"]), (False, self.at), said)

        def body(database):
            self.at = database.execute("SELECT position FROM bodies WHERE position >= 5 LIMIT 1").fetchone()[0]
            part = b'{"success":true,"data":"forged"}'
            forged = struct.pack(">BI", 0, 2) + b"{}" + struct.pack(">BI", 0, len(part)) + part
            database.execute("UPDATE bodies SET body = ? WHERE position = ?", (forged, self.at))

        said = self.altered_database(body)
        self.assertEqual((said["holds"], said["position"]), (False, self.at), said)


class Retention(unittest.TestCase):
    """A journal that retention let go of a part of: both verifiers say so, and neither takes what is not covered."""

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.state = os.path.join(cls.root, ".lumenflow/state")
        cls.run_lumenflow("init", "--id", "ws-42")
        with open(os.path.join(cls.root, "lumenflow.yaml"), "a", encoding="utf-8") as file:
            file.write("events: {idempotency_window: 1s}\njournal: {retention: {inputs: 1s, outputs: 1s}}\n")
        long = {"title": "long", "description": "\u00fc" * 65_000}
        cls.run_lumenflow("call", "task:create", "--input", "-", input=json.dumps(long))
        for n in range(3):
            cls.run_lumenflow("call", "task:create", "--input", json.dumps({"title": "old %d" % n}))
        would_go = {"bodies": 0}
        deadline = time.monotonic() + 60
        while would_go["bodies"] < 8 and time.monotonic() < deadline:  # until the last is a second old
            would_go = json.loads(cls.run_lumenflow("audit", "retain", "--dry-run", "--json").stdout)
        cls.would_go = would_go
        cls.went = json.loads(cls.run_lumenflow("audit", "retain", "--json").stdout)
        cls.run_lumenflow("call", "task:create", "--input", json.dumps({"title": "young"}))
        cls.key = os.path.join(cls.state, "keys/log.pub")
        cls.held = os.path.join(cls.root, "held")
        shutil.copy(os.path.join(cls.state, "checkpoints/latest"), cls.held)

    @classmethod
    def run_lumenflow(cls, *arguments, **options):
        return subprocess.run([LUMENFLOW, "--workspace", cls.root, *arguments], check=True, capture_output=True, text=True,
                              **options)

    def journal(self, path):
        said = tool("--json", "journal", "--key", self.key, "--checkpoint", self.held, path)
        self.assertIn(said.returncode, (0, 1), said.stderr)
        return json.loads(said.stdout)

    def altered(self, change):
        folder = tempfile.mkdtemp(dir=self.root)
        copied = os.path.join(folder, "journal.db")
        with sqlite3.connect(os.path.join(self.state, "journal.db")) as source, sqlite3.connect(copied) as target:
            source.backup(target)
            change(target)
        return self.journal(copied)

    def test_what_is_old_went_and_both_say_so(self):
        self.assertEqual(self.would_go["bodies"], 8, self.would_go)
        self.assertEqual((self.went["bodies"], self.went["blobs"]), (8, 2))
        said = self.journal(os.path.join(self.state, "journal.db"))
        self.assertTrue(said["holds"], said)
        self.assertEqual(said["let_go"], 8)
        own = json.loads(self.run_lumenflow("audit", "verify", "--json").stdout)
        self.assertEqual((own["intact"], own["bodies_let_go"]), (True, 8))
        for n in range(1, 9):
            proof = self.run_lumenflow("audit", "prove", str(n)).stdout
            self.assertEqual(tool("proof", "--key", self.key, "-", input=proof).returncode, 0)

    def test_a_backup_of_it_goes_on_as_another_log(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.run_lumenflow("backup", os.path.join(folder, "backup"))
        for n in range(2):  # of that one, too
            into = os.path.join(folder, str(n))
            restored = [LUMENFLOW, "--workspace", into]
            subprocess.run([LUMENFLOW, "restore", os.path.join(folder, "backup"), "--into", into], check=True,
                           capture_output=True)
            said = subprocess.run(restored + ["audit", "verify", "--json"], capture_output=True, text=True)
            self.assertEqual(json.loads(said.stdout)["intact"], True, said.stdout)
            self.assertTrue(self.journal(os.path.join(into, ".lumenflow/state/journal.db"))["holds"])
            os.remove(os.path.join(folder, "backup"))
            subprocess.run(restored + ["backup", os.path.join(folder, "backup")], check=True, capture_output=True)

    def test_what_no_cut_covers_is_missing(self):
        def drop(database):
            self.at = database.execute("SELECT max(position) FROM bodies").fetchone()[0]
            database.execute("DELETE FROM bodies WHERE position = ?", (self.at,))

        said = self.altered(drop)
        self.assertEqual((said["holds"], said["position"]), (False, self.at), said)
        self.assertIn("no retention let it go", said["what"])

    def test_a_forged_cut_is_found(self):
        path = os.path.join(self.state, "journal.db")
        with sqlite3.connect(path) as database:
            rows = database.execute(
                "SELECT entries FROM rows WHERE instr(entries, CAST('workspace.retention' AS BLOB))").fetchall()
        row = rows[-1][0]
        genuine = json.loads(row[re.search(rb'\{"\w+":', row).start():])  # a '{' alone may be a byte of the hash
        size = self.journal(path)["entries"]

        def forge(signed):
            def change(database):
                entry = dict(signed, inputs_to=size, outputs_to=size)
                text = strict_json.canonical(entry).encode()
                row = b"\x01\x01" + varint(len(text)) + hashlib.sha256(b"\x00" + text).digest() + text
                database.execute("INSERT INTO rows(position, entries) VALUES(?, ?)", (size + 1, row))
                database.execute("DELETE FROM bodies")
            return change

        for signed in (genuine, dict(genuine, signature=""), dict(genuine, signature="A" * 86), dict(genuine, log_id="b")):
            said = self.altered(forge(signed))
            self.assertEqual((said["holds"], said["position"]), (False, size + 1), said)
            self.assertIn("not signed", said["what"])


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
