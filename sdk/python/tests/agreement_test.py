"""Canonical JSON and event ids: the public vectors, and the cases that all SDKs share (sdk/cases.json)."""

import json
import os
import pathlib
import re
import unittest

from lumenflow_pack import PackError, build_kernel_event_v2, canonical, parse
from lumenflow_pack.kernel_event import normalized_timestamp

ROOT = pathlib.Path(__file__).resolve().parents[3]
VECTORS = pathlib.Path(os.environ.get("LUMENFLOW_VECTORS") or os.environ.get("LUMENFLOW_VECTORS_DEFAULT")
                       or ROOT.parent / "shared" / "vectors")
CASES = json.loads((ROOT / "sdk/cases.json").read_text(encoding="utf-8"))
NOON = "2026-03-01T12:00:00.000Z"


def need(name):
    path = VECTORS / name
    if not path.exists():
        raise unittest.SkipTest(f"no public vectors at {path}; set LUMENFLOW_VECTORS")
    return path


class PublicVectors(unittest.TestCase):
    def test_event_ids(self):
        vectors = json.loads(need("event-id.json").read_text(encoding="utf-8"))["vectors"]
        self.assertTrue(vectors)
        for vector in vectors:
            hashed = {name: vector[name] for name in ("idempotencyKey", "kind", "payload", "timestamp")}
            self.assertEqual(canonical(hashed), vector["canonical"])
            event = build_kernel_event_v2(vector["kind"], vector["payload"], timestamp=vector["timestamp"],
                                          idempotency_key=vector["idempotencyKey"])
            self.assertEqual(event["event_id"], vector["event_id"])

    def test_canonical_form(self):
        folder = need("jcs/testdata")
        names = sorted(path.name for path in (folder / "input").glob("*.json"))
        self.assertTrue(names)
        for name in names:
            text = canonical(parse((folder / "input" / name).read_bytes()))
            self.assertEqual(text, (folder / "output" / name).read_text(encoding="utf-8"), name)


class SharedCases(unittest.TestCase):
    def test_canonical_form(self):
        for case in CASES["canonical"]:
            with self.subTest(case["json"]):
                if "refused" in case:
                    self.assertEqual(refusal(lambda: canonical(parse(case["json"]))), case["refused"])
                else:
                    self.assertEqual(canonical(parse(case["json"])), case["canonical"])

    def test_timestamps(self):
        for case in CASES["timestamps"]:
            with self.subTest(case["text"]):
                if "normalized" in case:
                    self.assertEqual(normalized_timestamp(case["text"]), case["normalized"])
                else:
                    self.assertEqual(refusal(lambda: normalized_timestamp(case["text"])), "INVALID_INPUT")

    def test_events(self):
        for case in CASES["events"]:
            with self.subTest(case["kind"]):
                def build():
                    return build_kernel_event_v2(case["kind"], case["payload"], timestamp=case["timestamp"],
                                                 idempotency_key=case["idempotency_key"])
                if "refused" in case:
                    self.assertEqual(refusal(build), case["refused"])
                else:
                    self.assertEqual(build()["event_id"], case["event_id"])


class Canonical(unittest.TestCase):
    def test_refuses_what_json_does_not_have_and_says_where(self):
        for value, pointer in (({"a": [float("nan")]}, "/a/0"), ({"a/b": {1, 2}}, "/a~1b"), (["\ud800"], "/0"),
                               ({"a": {7: 1}}, "/a"), (float("inf"), "")):
            with self.subTest(repr(value)), self.assertRaises(PackError) as caught:
                canonical(value)
            self.assertEqual(caught.exception.details[0]["pointer"], pointer)

    def test_parses_strictly(self):
        for text in ('{"a":1,"a":2}', "[NaN]", "[1e999]", "[1,]", '"\\ud800"', "", "1 2", "[" * 65 + "]" * 65, b"\xff"):
            with self.subTest(text):
                self.assertEqual(refusal(lambda: parse(text)), "MALFORMED_JSON")
        self.assertEqual(parse("[" * 64 + "]" * 64)[0][0], parse("[" * 62 + "]" * 62))


class BuildKernelEventV2(unittest.TestCase):
    def test_makes_the_envelope_of_the_emitter(self):
        event = build_kernel_event_v2("acme-demo:job_completed", {"status": "ok"}, timestamp="2026-03-01T12:00:00Z",
                                      idempotency_key="job-1")
        self.assertEqual({**event, "event_id": "?"}, {"schema_version": 2, "kind": "acme-demo:job_completed",
                                                      "event_id": "?", "timestamp": NOON, "payload": {"status": "ok"}})

    def test_without_a_key_every_event_is_another_and_ids_sort_by_time(self):
        ids = [build_kernel_event_v2("a:b", {}, timestamp=at)["event_id"] for at in (NOON, NOON, "2026-03-01T12:00:01Z")]
        self.assertEqual(len(set(ids)), 3)
        self.assertLess(ids[0], ids[2])
        for event_id in ids:
            self.assertTrue(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", event_id))

    def test_measures_the_canonical_payload(self):
        fits = {"a": "x" * (256 * 1024 - len('{"a":""}'))}
        build_kernel_event_v2("a:b", fits, timestamp=NOON)
        fits["a"] += "x"
        self.assertEqual(refusal(lambda: build_kernel_event_v2("a:b", fits, timestamp=NOON)), "PAYLOAD_TOO_LARGE")

    def test_refuses_a_payload_without_a_canonical_form(self):
        self.assertEqual(refusal(lambda: build_kernel_event_v2("a:b", {"n": 2**53 + 1}, timestamp=NOON)), "INVALID_PAYLOAD")


def refusal(action):
    try:
        action()
    except PackError as fault:
        return fault.code
    return None


if __name__ == "__main__":
    unittest.main()
