"""Stands between an SDK and the server, and does what networks do: it refuses while the server is
away, and it loses answers."""

import socket
import threading
import urllib.parse


class Relay:
    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.refused = threading.Event()
        """Set once a connection came while the server was away."""
        self.lose_next_answer = False
        """The server will do as it is asked, but the sender will not hear of it."""
        threading.Thread(target=self._accept, daemon=True).start()

    def end(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        url = self.server.url
        if url is None:
            client.close()
            self.refused.set()
            return
        upstream = socket.create_connection(("127.0.0.1", urllib.parse.urlparse(url).port))
        threading.Thread(target=self._answer, args=(upstream, client), daemon=True).start()
        _pump(client, upstream, lambda: False)

    def _answer(self, upstream, client):
        def is_lost():
            is_lost, self.lose_next_answer = self.lose_next_answer, False
            return is_lost

        _pump(upstream, client, is_lost)


def _pump(source, sink, is_lost):
    """Carries bytes until one of both ends, then ends both."""
    try:
        while (data := source.recv(65536)) and not is_lost():
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()
