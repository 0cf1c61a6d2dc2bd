"""A network that cannot be trusted: a proxy on loopback in front of an HTTP/1.1 server, which loses, delays, repeats and
reorders requests, cuts connections in the middle of a body, answers 5xx by itself, and leaves sockets half open.

What becomes of each request is drawn from one seed, in the order in which requests come. It runs on a thread of its own;
heal() and break_again() may be called from any thread, and act on what comes after.
"""

import asyncio
import collections
import random
import threading

LIMIT = 8 << 20  # of a message's head and body

# What becomes of a request, and how many of a hundred meet it.
FATES = {
    "lost": 4,             # never arrives; the connection ends
    "answer lost": 5,      # arrives and is done; the connection ends without an answer
    "repeated": 6,         # arrives twice; the first answer counts
    "late": 5,             # waits while later ones pass; then all is as it should be
    "delivered to nobody": 4,  # the sender is cut off at once, and the request arrives all the same, later
    "cut": 5,              # half of it arrives, and the connection ends on both sides
    "answer cut": 5,       # half of the answer arrives
    "5xx": 5,              # answered here: 502, or 503 with Retry-After
    "half open": 2,        # neither passed on nor answered; the socket stays open
    "slow": 9,             # arrives after a while
}


class BadNetwork:
    """`with BadNetwork(port, seed) as network:` then send to 127.0.0.1:network.port."""

    def __init__(self, upstream_port, seed, fates=None, patience=0.5):
        self.upstream_port = upstream_port
        self.fates = dict(FATES if fates is None else fates)
        self.patience = patience  # seconds: the longest wait of what is late or slow
        self.seen = collections.Counter()  # requests, by what became of them; read it when it is closed
        self._random = random.Random(seed)
        self._bad = True
        self._loop = asyncio.new_event_loop()
        self._half_open = []
        self._tasks = set()
        self._thread = threading.Thread(target=self._run)
        self._ready = threading.Event()
        self.port = None

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *ignored):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def heal(self):
        """From now on every request arrives once and is answered; what hangs is let go."""
        done = threading.Event()

        def now():
            self._bad = False
            for writer in self._half_open:
                writer.close()
            self._half_open.clear()
            done.set()

        self._loop.call_soon_threadsafe(now)
        done.wait()

    def break_again(self):
        self._bad = True

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LIMIT, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for writer in self._half_open:
            writer.close()
        while tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _fate(self):
        if not self._bad:
            return "passed"
        drawn = self._random.uniform(0, 100)
        for fate, share in self.fates.items():
            drawn -= share
            if drawn < 0:
                return fate
        return "passed"

    async def _serve(self, reader, writer):
        try:
            while (request := await read_message(reader)) is not None:
                if not await self._meet(request, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError, ValueError):
            pass
        finally:
            if writer not in self._half_open:
                writer.close()

    async def _meet(self, request, writer):
        """Whether the connection goes on."""
        fate = self._fate()
        self.seen[fate] += 1
        wait = self._random.uniform(0, self.patience)
        if fate == "lost":
            return False
        if fate == "half open":
            self._half_open.append(writer)
            return False
        if fate == "5xx":
            status = self._random.choice(["502 Bad Gateway", "503 Service Unavailable\r\nRetry-After: 1"])
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\noops".encode())
            await writer.drain()
            return True
        if fate == "cut":
            await self._forward(request[:max(1, len(request) * 2 // 3)], None, whole=False)
            return False
        if fate == "delivered to nobody":
            self._later(wait, request)
            return False
        if fate in ("late", "slow"):
            await asyncio.sleep(wait)
        if fate == "answer lost":
            await self._forward(request, None)
            return False
        if fate == "repeated":
            self._later(wait, request)
        return await self._forward(request, writer, half=fate == "answer cut")

    def _later(self, wait, request):
        async def deliver():
            await asyncio.sleep(wait)
            try:
                await self._forward(request, None)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
                pass

        task = self._loop.create_task(deliver())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, request, writer, whole=True, half=False):
        """One request over a connection of its own; its answer goes to `writer`, as it comes, if there is one."""
        reader, upstream = await asyncio.open_connection("127.0.0.1", self.upstream_port, limit=LIMIT)
        try:
            upstream.write(request)
            await upstream.drain()
            if not whole:
                return False
            head = await reader.readuntil(b"\r\n\r\n")
            body = body_of(reader, head)
            if writer is None:
                async for _ in body:
                    pass
                return False
            if half:
                parts = [part async for part in body]
                answer = head + b"".join(parts)
                writer.write(answer[:max(1, len(answer) - 3)])
                await writer.drain()
                return False
            writer.write(head)
            async for part in body:
                writer.write(part)
                await writer.drain()
            return b"connection: close" not in head.lower()
        finally:
            upstream.close()


async def read_message(reader):
    """A request as it came; None at the end of a connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise
        return None
    if b"\r\nexpect: 100-continue" in head.lower():
        raise ValueError("asks before it sends its body")
    parts = [part async for part in body_of(reader, head, of_request=True)]
    return head + b"".join(parts)


async def body_of(reader, head, of_request=False):
    """The body's bytes, chunks with their frames, as they come."""
    lines = head.lower().split(b"\r\n")
    fields = dict(line.split(b":", 1) for line in lines[1:] if b":" in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        while True:
            size = await reader.readuntil(b"\r\n")
            yield size + await reader.readexactly(int(size.split(b";")[0], 16) + 2)
            if int(size.split(b";")[0], 16) == 0:
                return
    length = fields.get(b"content-length")
    if length is not None:
        left = int(length)
        while left > 0:
            part = await reader.read(min(left, 65536))
            if not part:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(part)
            yield part
        return
    if of_request or lines[0].split()[1:2] in ([b"204"], [b"304"]):
        return
    while part := await reader.read(65536):
        yield part
