"""proxy - stands between two nodes and does to TLS records what a test says.

Holds:      records are handed on whole and in order, unless the rule says
            otherwise; every thread ends with the proxy.
Leaves out: what is inside a record: it has no key.
"""
import socket
import struct
import threading

TO_SERVER, TO_CLIENT = 0, 1
HEADER_BYTES = 5
CUT, HOLD = object(), object()


def forward(connection, direction, number, record):
    """The rule that does nothing."""
    return record


class Connection:
    """A client's connection, and ours to the server in its place."""

    def __init__(self, client, server):
        self.ends = (client, server)
        for end in self.ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.done = threading.Event()
        self.bytes = [0, 0]

    def close(self, reset=True):
        """End both sides; with a reset, as if the road were gone."""
        self.done.set()
        for end in self.ends:
            try:
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RD)
            except OSError:
                pass  # it is gone already


class Proxy:
    """Listens at `port`; `rule(connection, direction, number, record)` gives
    the bytes to hand on, CUT to reset both sides, or HOLD to swallow this and
    everything after it."""

    def __init__(self, target):
        self.target = target
        self.rule = forward
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            connection = Connection(client, server)
            self.connections.append(connection)
            threads = [threading.Thread(target=self._pump, daemon=True,
                                        args=(connection, direction))
                       for direction in (TO_SERVER, TO_CLIENT)]
            for thread in threads:
                thread.start()
            threading.Thread(target=self._bury, daemon=True,
                             args=(connection, threads)).start()

    def _bury(self, connection, threads):
        for thread in threads:
            thread.join()
        for end in connection.ends:
            end.close()

    def _pump(self, connection, direction):
        source = connection.ends[direction]
        sink = connection.ends[1 - direction]
        held = False
        try:
            for number, record in enumerate(records(source)):
                out = HOLD if held else self.rule(connection, direction,
                                                  number, record)
                if out is CUT:
                    break
                held = out is HOLD
                if not held:
                    sink.sendall(out)
                    connection.bytes[direction] += len(out)
        except OSError:
            pass  # one side has gone; so does the other
        if held:
            connection.done.wait()
        connection.close(reset=not held)

    def reset(self):
        """Cut every connection that there is."""
        for connection in self.connections:
            connection.close()
        self.connections.clear()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.reset()


def records(source):
    """Give the TLS records that come from a socket, each whole; at the end
    what is left."""
    data = b""
    while True:
        more = source.recv(1 << 16)
        if not more:
            break
        data += more
        while len(data) >= HEADER_BYTES:
            size = HEADER_BYTES + int.from_bytes(data[3:5], "big")
            if len(data) < size:
                break
            yield data[:size]
            data = data[size:]
    if data:
        yield data


def between(base, teams, make):
    """Two teams of `make`, the first of which dials the second through a
    proxy; gives both and the proxy."""
    b = make(base, "cert.gov.au", "certau",
             "peers:\n  - team: krcert.or.kr\n    dial: false\n")
    proxy = Proxy(b.port)
    a = make(base, "krcert.or.kr", "krcert",
             f"peers:\n  - team: cert.gov.au\n"
             f"    address: \"127.0.0.1:{proxy.port}\"\n")
    teams += [a, b]
    for team in (a, b):
        team.init()
    return a, b, proxy
