"""An Authlib authorization server on a free loopback port, steered over stdin.

When it is ready it prints one JSON line: {"url", "audience", "clientSecret", "clients"}.
Each line on stdin is a command; one JSON line answers it before the next may come:
  rotate keep   a new first key of every algorithm, the old ones stay published
  rotate drop   a new key of every algorithm, the old ones are gone
  retire        the first key of every algorithm stays, the others are gone
  count         {"jwks": N, "discovery": M}: requests seen since the start
  hold          key set requests wait from now on (they are counted when they arrive)
  release       the waiting ones are answered with the keys of this moment
  down          nobody listens any more, and who waits for an answer is cut off
  up            the same port listens again
It ends when stdin does, so a test run that dies leaves no process behind.
"""

import json
import os
import secrets
import sys
import threading
import uuid

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, list_to_scope, scope_to_list
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, request
from joserfc.jwk import ECKey, KeySet, RSAKey
from listener import Listener

ALGORITHMS = {"RS256": (RSAKey, 2048), "ES256": (ECKey, "P-256")}
SCOPES = {"read", "write", "admin"}
AUDIENCE = "https://pizza.example/authlib"
SECRET = secrets.token_urlsafe()
TOKEN_SECONDS = 600


class Client(ClientMixin):
    """A client whose tokens are in one algorithm: there is no parameter to ask for one."""

    def __init__(self, algorithm):
        self.id, self.algorithm = f"claimgate-tests-{algorithm}", algorithm

    def get_client_id(self):
        return self.id

    def get_allowed_scope(self, scope):
        return list_to_scope([word for word in scope_to_list(scope) or [] if word in SCOPES])

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


class TokenGenerator(JWTBearerTokenGenerator):
    # One key, not the set: out of a set Authlib would sign with any that fits, and name it in a `kid`.
    def get_jwks(self):
        return next(key for key in keys if key.alg == self.alg)

    def get_audiences(self, client, user, scope):
        return [client.get_client_id(), AUDIENCE]


def rotate(old):
    global keys
    keys = [
        kind.generate_key(size, {"kid": str(uuid.uuid4()), "use": "sig", "alg": algorithm})
        for algorithm, (kind, size) in ALGORITHMS.items()
    ] + old


def retire():
    global keys
    keys = keys[: len(ALGORITHMS)]


rotate([])
seen = {"jwks": 0, "discovery": 0}
seen_lock = threading.Lock()
gate = threading.Event()
gate.set()

# Loopback has no TLS, which Authlib insists on.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
app = Flask(__name__)
listener = Listener(app)
clients = {client.id: client for client in map(Client, ALGORITHMS)}
generators = {name: TokenGenerator(listener.url, name, expires_generator=TOKEN_SECONDS) for name in ALGORITHMS}
server = AuthorizationServer(app, query_client=clients.get, save_token=lambda token, request: None)
server.register_token_generator(
    "default", lambda client, **rest: generators[client.algorithm](client=client, **rest)
)
server.register_grant(ClientCredentialsGrant)


@app.before_request
def count():
    kind = "discovery" if request.path.startswith("/.well-known/") else request.path[1:]
    with seen_lock:
        if kind in seen:
            seen[kind] += 1


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/jwks")
def jwks():
    gate.wait()
    return KeySet(keys).as_dict(private=False)


# It knows nobody but clients, so it is no OpenID provider: this document is the only one (RFC 8414).
@app.get("/.well-known/oauth-authorization-server")
def metadata():
    return {
        "issuer": listener.url,
        "token_endpoint": f"{listener.url}/token",
        "jwks_uri": f"{listener.url}/jwks",
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    }


def say(value):
    print(json.dumps(value), flush=True)


COMMANDS = {
    "rotate keep": lambda: rotate(keys),
    "rotate drop": lambda: rotate([]),
    "retire": retire,
    "count": lambda: seen,
    "hold": gate.clear,
    "release": gate.set,
    "down": listener.down,
    "up": listener.up,
}

listener.serve()
say({
    "url": listener.url,
    "audience": AUDIENCE,
    "clientSecret": SECRET,
    "clients": {client.algorithm: client.id for client in clients.values()},
})
for line in sys.stdin:
    command = COMMANDS.get(line.strip())
    say({"error": f"unknown command: {line.strip()}"} if command is None else command() or {})
