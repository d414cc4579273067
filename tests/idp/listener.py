"""A WSGI application on a loopback port of its own, with outages."""

import logging
import socket
import threading

from werkzeug.serving import make_server

HOST = "127.0.0.1"


class Listener:
    def __init__(self, app):
        # Every request would be a line on stderr.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.app = app
        self.open = set()
        self.server = make_server(HOST, 0, self, threaded=True)
        self.port = self.server.port
        self.url = f"http://{HOST}:{self.port}"

    def serve(self):
        # Werkzeug looks this often whether it should end.
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def down(self):
        """Closes the listener, and the connections whose request has no answer yet; others it does not keep."""
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.open):
            connection.shutdown(socket.SHUT_RDWR)

    def up(self):
        self.server = make_server(HOST, self.port, self, threaded=True)
        self.serve()

    def __call__(self, environ, start_response):
        connection = environ["werkzeug.socket"]
        self.open.add(connection)
        try:
            return self.app(environ, start_response)
        finally:
            self.open.discard(connection)
