"""A TCP relay on loopback that writes down what passes, in the order in which it passes."""
import select
import socket
import threading
import time

READ_SIZE = 65536


class Relay:
    """Takes one connection, carries it to the broker and keeps (time, sender, bytes) of each read.

    The relay stands between two sockets of its own, so stream order, direction and interleaving
    need no privilege and no reassembly.
    """

    def __init__(self, broker_port):
        self._broker = ("127.0.0.1", broker_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.reads = []
        self._grown = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        client, _ = self._listener.accept()
        self._listener.close()
        with client, socket.create_connection(self._broker) as server:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._carry({client: ("client", server), server: ("server", client)})

    def _carry(self, ends):
        open_ends = set(ends)
        while open_ends:
            readable, _, _ = select.select(open_ends, [], [])
            for end in readable:
                name, other = ends[end]
                try:
                    data = end.recv(READ_SIZE)
                    if data:
                        self._note(name, data)
                        other.sendall(data)
                    else:
                        other.shutdown(socket.SHUT_WR)
                except OSError:  # one side was closed hard: nothing more comes from it
                    data = b""
                if not data:
                    open_ends.discard(end)

    def _note(self, name, data):
        with self._grown:
            self.reads.append((time.time(), name, data))
            self._grown.notify_all()

    def bytes_from(self, name):
        with self._grown:
            return b"".join(data for _, sender, data in self.reads if sender == name)

    def await_bytes(self, name, wanted, seconds=30):
        """Waits until `wanted` has passed from `name`."""
        deadline = time.monotonic() + seconds
        with self._grown:
            while wanted not in b"".join(d for _, sender, d in self.reads if sender == name):
                if not self._grown.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{wanted!r} did not come from the {name}")

    def finish(self, seconds=30):
        """Waits for both ends to close."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise TimeoutError("the recorded connection does not end")
