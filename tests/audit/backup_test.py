"""Backups and restores of the real program, from outside: beside a running sidecar, cut short, and damaged.

LUMENFLOW names the program; each of both is killed 8 times LUMENFLOW_CRASH_SCALE.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "hostile"))

import world  # noqa: E402

VERIFIER = TESTS.parent / "tools" / "lumenflow_verify"
KILLS = 8 * max(1, int(os.environ.get("LUMENFLOW_CRASH_SCALE", "1")))
DAMAGES = 3 * KILLS


class Fixture(unittest.TestCase):
    def setUp(self):
        self.world = world.World()
        self.addCleanup(self.world.close)
        self.state = self.world.workspace / ".lumenflow/state"
        self.file = self.world.root / "kept.backup"
        self.into = self.world.root / "restored"

    def create_tasks(self, count, **more):
        given = self.world.root / "input.json"
        for n in range(count):
            given.write_text(json.dumps({"title": f"task {n}", **more}), encoding="utf-8")
            self.world.run("call", "task:create", "--input", f"@{given}")

    def there(self, *arguments):
        """A command on the folder that is restored into: (exit code, stdout, stderr)."""
        done = subprocess.run([world.PROGRAM, "--workspace", self.into, *arguments], env=self.world.environment, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=2 * world.PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def restore(self):
        self.into.mkdir(exist_ok=True)
        code, out, err = self.there("restore", self.file, "--json")
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def restored_entries(self):
        """Verified by both programs, also against a head of the log before; without the entry of the restore."""
        state = self.into / ".lumenflow/state"
        checkpoints = [state / "checkpoints/latest", state / "checkpoints-before/latest"]
        code, out, err = self.there("audit", "verify", "--checkpoint", checkpoints[1])
        self.assertEqual(code, 0, err)
        self.assertIn("1 of them kept elsewhere", out)
        self.second_verifier(state / "journal.db", checkpoints, 0)
        lines = self.there("audit", "export")[1].splitlines()
        while json.loads(lines.pop())["entry"]["type"] != "workspace.restored":
            pass
        return lines

    def second_verifier(self, journal, checkpoints, expected):
        held = [argument for path in checkpoints for argument in ("--checkpoint", path)]
        key = self.state / "keys/log.pub"
        said = subprocess.run([sys.executable, "-B", VERIFIER, "journal", journal, "--key", key, *held], text=True,
                              capture_output=True, check=False)
        self.assertEqual(said.returncode, expected, said.stdout + said.stderr)

    def assert_nothing_restored(self):
        left = [path for path in self.into.rglob("*") if path.name != ".lumenflow"]
        self.assertEqual(left, [])


class Backups(Fixture):
    def test_beside_a_sidecar_that_writes(self):
        self.create_tasks(1, description="ü" * 65_000)  # its body is a file of its own
        self.world.start()
        client, backups = self.world.client(), []
        self.addCleanup(client.close)
        with world.Bystander(self.world.client(), ["task:list"]) as bystander:
            for n in range(3):
                client.call("task:create", {"title": f"between {n}"})
                backups.append(self.world.root / f"{n}.backup")
                self.world.run("backup", backups[-1])
        self.assertEqual(bystander.failures, [])
        self.assertGreater(len(bystander.seconds), 0)
        entries = self.world.run("audit", "export").splitlines()
        sizes = []
        for self.file in backups:
            self.restore()
            held = self.restored_entries()
            self.assertEqual(held, entries[:len(held)])
            sizes.append(len(held))
            code, out, err = self.there("call", "task:create", "--input", '{"title":"it goes on"}')
            self.assertEqual(code, 0, out + err)
            self.assertEqual(self.there("audit", "verify")[0], 0)
            shutil.rmtree(self.into)
        self.assertEqual(sizes, sorted(set(sizes)), "each is of later than the one before")
        self.assertEqual(self.world.stop(), 0)
        code, _, err = self.world.command("restore", self.file)
        self.assertEqual((code, "ALREADY_EXISTS" in err), (1, True), err)
        self.assertEqual(self.world.command("audit", "verify")[0], 0)

    def killed_after(self, seconds, *command):
        process = subprocess.Popen([world.PROGRAM, *map(str, command)], env=self.world.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return process.returncode < 0

    def test_killed_at_any_moment(self):
        self.create_tasks(4, description="ü" * 65_000)
        self.create_tasks(4, description="a" * 65_000)
        draw = random.Random(1)
        began = time.monotonic()
        self.world.run("backup", self.file)
        backup_seconds = time.monotonic() - began
        began = time.monotonic()
        self.restore()
        restore_seconds = time.monotonic() - began
        entries = self.restored_entries()

        cut_short = 0
        for _ in range(KILLS):
            self.file.unlink(missing_ok=True)
            shutil.rmtree(self.into, ignore_errors=True)
            cut_short += self.killed_after(draw.uniform(0, backup_seconds), "--workspace", self.world.workspace, "backup", self.file)
            if self.file.exists():
                self.restore()
                self.assertEqual(self.restored_entries(), entries, "what has the name is whole")
        self.file.unlink(missing_ok=True)
        self.world.run("backup", self.file)
        self.assertEqual([path.name for path in self.world.root.glob("kept.backup*")], ["kept.backup"], "nothing is left over")

        for _ in range(KILLS):
            shutil.rmtree(self.into, ignore_errors=True)
            self.into.mkdir()
            cut_short += self.killed_after(draw.uniform(0, restore_seconds), "--workspace", self.into, "restore", self.file)
            if not (self.into / ".lumenflow/state").exists():
                self.restore()
            self.assertEqual(self.restored_entries(), entries)
            self.assertFalse((self.into / ".lumenflow/state.restoring").exists())
        self.assertGreater(cut_short, 0)

    def test_damaged_anywhere(self):
        self.create_tasks(2, description="ü" * 65_000)
        self.world.run("backup", self.file)
        self.restore()
        entries = self.restored_entries()
        shutil.rmtree(self.into)
        whole = self.file.read_bytes()
        draw, refused = random.Random(2), 0
        for n in range(DAMAGES):
            damaged = bytearray(whole)
            if n % 4 == 0:
                del damaged[draw.randrange(len(whole)):]
            else:
                at = draw.randrange(len(whole)) if n % 4 == 1 else draw.randrange(4096)
                damaged[at] ^= 1 << draw.randrange(8)
            self.file.write_bytes(damaged)
            self.into.mkdir()
            code, _, err = self.there("restore", self.file)
            if code == 0:  # a byte that says nothing
                self.assertEqual(self.restored_entries(), entries)
            else:
                self.assertEqual(code, 1, err)
                self.assertRegex(err, r"\[(JOURNAL_DAMAGED|JOURNAL_UNAVAILABLE|INVALID_INPUT|UNSUPPORTED_FORMAT)\]")
                self.assert_nothing_restored()
                refused += 1
            shutil.rmtree(self.into)
        self.assertGreater(refused, DAMAGES // 2)


class KeptElsewhere(Fixture):
    """A signed head that somebody else kept tells what the workspace's own disk no longer can."""

    def test_a_rollback_and_a_fork(self):
        self.create_tasks(2)
        earlier = self.world.root / "earlier"
        shutil.copytree(self.state, earlier)
        held_before = self.world.root / "held-before"
        shutil.copy(self.state / "checkpoints/latest", held_before)
        self.create_tasks(3)
        held = self.world.root / "held"
        shutil.copy(self.state / "checkpoints/latest", held)
        size_before, size = (int(path.read_text("utf-8").split("\n")[1]) for path in (held_before, held))
        self.assertEqual(self.verify(held)["held"], 1)

        shutil.rmtree(self.state)
        shutil.copytree(earlier, self.state)
        said = self.verify(held)
        self.assertFalse(said["intact"])
        self.assertIn(said["first_bad"], range(1, size + 1))
        self.second_verifier(self.state / "journal.db", [held], 1)

        self.create_tasks(5)  # another history, as long and longer, under the same key
        self.assertGreater(self.verify()["size"], size)
        said = self.verify(held_before, held)
        self.assertFalse(said["intact"])
        self.assertGreater(said["first_bad"], size_before, "what both have before is proven")
        self.assertLessEqual(said["last_bad"], size)
        self.second_verifier(self.state / "journal.db", [held], 1)
        self.second_verifier(self.state / "journal.db", [held_before], 0)

    def verify(self, *checkpoints):
        held = [argument for path in checkpoints for argument in ("--checkpoint", path)]
        code, out, err = self.world.command("audit", "verify", "--json", *held)
        self.assertIn(code, (0, 1), err)
        said = json.loads(out)
        self.assertEqual(said["intact"], code == 0)
        if not checkpoints:
            self.assertTrue(said["intact"], "by itself it is whole")
        return said


if __name__ == "__main__":
    unittest.main()
