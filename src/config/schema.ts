import { z } from 'zod';
import { bindHost, cidr, defaultStateLocation, stateLocation } from './addresses.ts';
import { events } from './events-schema.ts';
import { leaf, Unacceptable } from './leaf.ts';
import { headerName, keySource } from './matching.ts';
import { name } from './names.ts';
import { quote } from './problem.ts';
import { webhooks } from './rollout-schema.ts';
import { routeSchema } from './route-schema.ts';
import { credential, duration, flag, integer, size, text } from './scalars.ts';
import { section } from './sections.ts';
import { evidence, redact } from './shadow-schema.ts';
import { target } from './target-schema.ts';

const port = () => integer(0, 65_535);

const listen = section({
  host: bindHost().prefault('127.0.0.1').describe('Address to listen on.'),
  port: port().prefault(8080).describe('Port to listen on; 0 takes a free one.'),
  tls: section({
    cert: text('the path of a PEM file').describe('PEM file of the certificate and its chain, relative to this file.'),
    key: text('the path of a PEM file').describe('PEM file of the private key, relative to this file.'),
  })
    .optional()
    .describe('Serves HTTPS and HTTP/2.'),
  timeout: section({
    headers: duration().prefault('10s').describe('For the whole head of a request.'),
    body: duration().prefault('30s').describe('The longest gap between two pieces of a request body.'),
    answer: duration({ allowZero: true })
      .prefault('5m')
      .describe('How long a caller may take nothing of an answer that waits for it; 0 is off.'),
    idle: duration().prefault('75s').describe('How long a kept-alive connection may rest.'),
  })
    .prefault({})
    .describe('How slow a caller may be.'),
  limits: section({
    headers: size().prefault('64KiB').describe('All header lines of a request together.'),
    path: size().prefault('8KiB').describe('The request target.'),
    count: integer(1, 2_000).prefault(200).describe('Header lines of a request.'),
    concurrent: integer(0, 1_000_000)
      .prefault(10_000)
      .describe('Requests under way at a time in one process; beyond it 503. 0 is off.'),
    lag: duration({ allowZero: true })
      .prefault('1s')
      .describe('How late the event loop may be; beyond it new requests get 503 until it has caught up. 0 is off.'),
  })
    .prefault({})
    .describe('How large the head of a request may be, and how many requests at a time.'),
  trust: z
    .array(cidr())
    .prefault([])
    .describe('Load balancers, as CIDR blocks, whose forwarding headers are believed and appended to.'),
  drain: duration({ allowZero: true }).prefault('10s').describe('How long SIGTERM waits for requests under way.'),
});

const admin = section({
  host: bindHost().prefault('127.0.0.1').describe('Address of the admin API, health checks and metrics.'),
  port: port().prefault(9090).describe('Its port; 0 takes a free one.'),
  token: credential()
    .optional()
    .describe('Bearer token for the admin API; required off loopback. Better read from the environment.'),
  hosts: z.array(text('a host name')).prefault([]).describe('Further Host header values that are answered.'),
});

/** Headers that HTTP itself needs: the override header is always stripped. */
const needed = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'cookie',
  'te',
  'expect',
]);

const override = section({
  header: headerName()
    .refine((header) => !needed.has(header), 'must not be a header that HTTP itself needs')
    .prefault('x-strangler-target')
    .describe('The header that names the target; it is never forwarded.'),
  secret: credential().describe('What the caller has to know. Better read from the environment.'),
});

const version = leaf(
  '1',
  (value) => {
    if (value === 1 || value === '1') return 1;
    throw new Unacceptable(`must be 1, not ${quote(value)}`);
  },
  { const: 1 },
);

export const topSections = {
  version: version.prefault(1).describe('The version of this format.'),
  listen: listen.prefault({}).describe('Where and how callers are listened to.'),
  admin: admin.prefault({}).describe('The admin API, health checks and metrics.'),
  state: stateLocation()
    .prefault(defaultStateLocation)
    .describe('Where live percents and history are kept: sqlite:PATH (relative to this file) or memory.'),
  legacy: target({ connect: '5s', response: '0', idle: '0', policies: 'off' }).describe(
    'The monolith. Answers everything that no route gives to a service.',
  ),
  services: z
    .record(name('the name of a service'), target({ connect: '2s', response: '5s', idle: '60s', policies: 'on' }))
    .nullable()
    .prefault({})
    .describe('The extracted services, by name.'),
  caller: z
    .array(keySource())
    .prefault([])
    .describe("Where a caller's key is looked for, first present wins; the proxy's own cookie stands behind them."),
  override: override.optional().describe('Lets a caller who knows the secret choose the target by a header.'),
  redact: redact.prefault({}).describe('What is taken out before evidence is kept, besides what always is.'),
  evidence: evidence.prefault({}).describe('How much evidence of shadowing is kept.'),
  webhooks: webhooks.prefault([]).describe('Who is told of every transition of a rollout.'),
  events: events.prefault({}).describe('Where the events go that routes publish.'),
  debug: flag().prefault(false).describe('Adds x-strangler-* facts to every answer.'),
  accessLog: flag().prefault(false).describe('Writes one log line a request.'),
  routes: z.array(routeSchema).nullable().prefault([]).describe('First match wins, in this order.'),
};

/** routes.yaml, once the environment is read in and before its parts are held against each other. */
export const fileSchema = section(topSections);

export type RoutesFile = z.output<typeof fileSchema>;
export type RouteEntry = z.output<typeof routeSchema>;
export type TargetEntry = RoutesFile['legacy'];
