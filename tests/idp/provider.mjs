// A certified OpenID provider on a free loopback port, steered over stdin.
//
// When it is ready it prints one JSON line: {"url", "clientId", "clientSecret", "resources"}.
// Each line on stdin is a command; one JSON line answers it before the next may come:
//   rotate keep   a new first key of every kind, the old ones stay published
//   rotate drop   a new key of every kind, the old ones are gone
//   count         {"jwks": N, "discovery": M}: requests seen since the start
//   hold          key set requests wait from now on (they are counted when they arrive)
//   release       the waiting ones are answered with the keys of this moment
//   down          nobody listens any more, and every connection is cut off
//   up            the same port listens again
// It ends when stdin does, so a test run that dies leaves no process behind.

import { Console } from 'node:console';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

// oidc-provider prints its notices with console.info; stdout belongs to the protocol above.
globalThis.console = new Console(process.stderr, process.stderr);
const { Provider } = await import('oidc-provider');

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES512', 'EdDSA'];
const SCOPES = 'read write admin';
const CLIENT = { id: 'claimgate-tests', secret: randomUUID() };
const TOKEN_SECONDS = 600;

const resourceOf = (algorithm) => `https://pizza.example/${algorithm}`;
const algorithmOf = (resource) => ALGORITHMS.find((algorithm) => resourceOf(algorithm) === resource);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

// One RSA key without `alg` serves RS256 and PS256, as providers do.
function newKeys() {
  return [
    ['rsa', { modulusLength: 2048 }],
    ['ec', { namedCurve: 'P-256' }],
    ['ec', { namedCurve: 'P-521' }],
    ['ed25519', {}],
  ].map(([kind, options]) => {
    const { privateKey } = generateKeyPairSync(kind, options);
    return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig' };
  });
}

function newProvider(issuer, keys) {
  return new Provider(issuer, {
    jwks: { keys },
    cookies: { keys: [randomUUID()] },
    scopes: SCOPES.split(' '),
    clients: [{
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    }],
    ttl: { ClientCredentials: TOKEN_SECONDS },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context, resource) {
          const alg = algorithmOf(resource);
          if (alg === undefined) throw new Error(`no such resource: ${resource}`);
          return {
            audience: resource,
            scope: SCOPES,
            accessTokenFormat: 'jwt',
            accessTokenTTL: TOKEN_SECONDS,
            jwt: { sign: { alg } },
          };
        },
      },
    },
  });
}

let keys = newKeys();
let answer;
let gate;
let open;
const seen = { jwks: 0, discovery: 0 };

const server = createServer(async (request, response) => {
  const path = request.url.split('?', 1)[0];
  if (path === '/jwks') {
    seen.jwks += 1;
    await gate;
    // An outage may have cut it off meanwhile.
    if (response.destroyed) return;
  } else if (path.startsWith('/.well-known/')) {
    seen.discovery += 1;
  }
  answer(request, response);
});

const listen = (port) => once(server.listen(port, '127.0.0.1'), 'listening');
await listen(0);
const { port } = server.address();
const url = `http://127.0.0.1:${port}`;

// The keys of a Provider are fixed when it is made, so a rotation puts a new one behind the issuer.
const serve = () => { answer = newProvider(url, keys).callback(); };

const COMMANDS = {
  'rotate keep': () => { keys = [...newKeys(), ...keys]; serve(); },
  'rotate drop': () => { keys = newKeys(); serve(); },
  count: () => seen,
  hold: () => { gate ??= new Promise((resolve) => { open = resolve; }); },
  release: () => { open?.(); gate = undefined; open = undefined; },
  down: async () => {
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  },
  up: async () => { await listen(port); },
};

serve();
const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const command = COMMANDS[line.trim()];
  say(command === undefined ? { error: `unknown command: ${line}` } : { ...await command() });
});
lines.on('close', () => process.exit(0));

say({
  url,
  clientId: CLIENT.id,
  clientSecret: CLIENT.secret,
  resources: Object.fromEntries(ALGORITHMS.map((algorithm) => [algorithm, resourceOf(algorithm)])),
});
