"""A WSGI application on a loopback port of its own, with outages."""

import contextlib
import logging
import socket
import threading

from werkzeug.serving import WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class Handler(WSGIRequestHandler):
    # Each connection ends with its answer: one that was kept would be served on during an outage.
    protocol_version = "HTTP/1.0"


class Listener:
    def __init__(self, app):
        # Every request would be a line on stderr.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.app = app
        self.open = set()
        self.server = self.bind(0)
        self.port = self.server.port
        self.url = f"http://{HOST}:{self.port}"

    def bind(self, port):
        return make_server(HOST, port, self, threaded=True, request_handler=Handler)

    def serve(self):
        # Werkzeug looks this often whether it should end.
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True)
        self.thread.start()

    def down(self):
        """Closes the listener, and the connections of requests that have no answer yet."""
        self.server.shutdown()
        # The thread closes the listener, last of all.
        self.thread.join()
        for connection in list(self.open):
            # The other end may be gone.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def up(self):
        self.server = self.bind(self.port)
        self.serve()

    def __call__(self, environ, start_response):
        connection = environ["werkzeug.socket"]
        self.open.add(connection)
        try:
            return self.app(environ, start_response)
        finally:
            self.open.discard(connection)
