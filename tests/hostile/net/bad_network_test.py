#!/usr/bin/env python3
"""The bad network itself: each fate is what its name says, and none of them is a fate of requests after heal()."""

import http.client
import http.server
import threading
import unittest

from bad_network import FATES, BadNetwork

PATIENCE = 30


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies = []
        self.arrived = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait_for(self, count):
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.bodies) >= count, PATIENCE)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # pylint: disable=invalid-name
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) != length:
            return  # half a body is no request
        with self.server.arrived:
            self.server.bodies.append(body)
            self.server.arrived.notify_all()
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored):
        pass


class Fates(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def network(self, fate=None):
        return BadNetwork(self.server.server_address[1], 1, {} if fate is None else {fate: 100}, patience=0.05)

    def send(self, network, timeout=PATIENCE):
        """The status and the body; or the kind of the failure."""
        connection = http.client.HTTPConnection("127.0.0.1", network.port, timeout=timeout)
        try:
            connection.request("POST", "/", b"0123456789" * 100)
            answer = connection.getresponse()
            return answer.status, len(answer.read())
        except (OSError, http.client.HTTPException) as failed:
            return type(failed).__name__
        finally:
            connection.close()

    def fate(self, fate, timeout=PATIENCE):
        with self.network(fate) as network:
            return self.send(network, timeout)

    def test_what_arrives_is_answered(self):
        for fate in (None, "late", "slow"):
            self.assertEqual(self.fate(fate), (200, 1000))
        self.assertEqual(len(self.server.bodies), 3)

    def test_what_is_lost_does_not_arrive(self):
        for fate in ("lost", "cut"):
            self.assertIsInstance(self.fate(fate), str)
        self.assertIn(self.fate("5xx"), [(502, 4), (503, 4)])
        self.assertEqual(self.fate("half open", timeout=0.2), "TimeoutError")
        self.assertEqual(self.server.bodies, [])

    def test_what_arrives_may_not_be_answered(self):
        self.assertIsInstance(self.fate("answer lost"), str)
        self.assertEqual(self.fate("answer cut"), "IncompleteRead")
        self.assertEqual(len(self.server.bodies), 2)
        with self.network("delivered to nobody") as network:
            self.assertIsInstance(self.send(network), str)
            self.assertTrue(self.server.wait_for(3))

    def test_what_is_repeated_arrives_twice(self):
        with self.network("repeated") as network:
            self.assertEqual(self.send(network), (200, 1000))
            self.assertTrue(self.server.wait_for(2))

    def test_after_it_is_healed_everything_arrives_once(self):
        with BadNetwork(self.server.server_address[1], 7, patience=0.01) as network:
            for _ in range(40):
                self.send(network, timeout=0.2)
            network.heal()
            before = len(self.server.bodies)
            self.server.wait_for(before)
        with BadNetwork(self.server.server_address[1], 7) as network:
            network.heal()
            before = len(self.server.bodies)
            self.assertEqual({self.send(network) for _ in range(50)}, {(200, 1000)})
            self.assertEqual(len(self.server.bodies), before + 50)
            self.assertEqual(dict(network.seen), {"passed": 50})

    def test_one_seed_is_one_history(self):
        def draws(seed):
            network = BadNetwork(1, seed)
            return [network._fate() for _ in range(500)]  # pylint: disable=protected-access
        self.assertEqual(draws(3), draws(3))
        self.assertNotEqual(draws(3), draws(4))
        self.assertLessEqual(set(FATES), set(draws(3)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
