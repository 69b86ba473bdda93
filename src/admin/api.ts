/** The admin port as a Hono app: what an operator, a probe, a scraper and the CLI ask of a running proxy. */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ByHand, Outcome } from '../domain/live.ts';
import type { Planned } from '../domain/rollout/planned.ts';
import type { RolloutStatus } from '../domain/rollout/status.ts';
import { steerActions } from '../domain/rollout/steer.ts';
import type { AdminSettings } from '../domain/settings.ts';
import type { Evidence, Outbox, State } from '../ports.ts';
import { evidencePieces } from './evidence-pieces.ts';
import { refuse } from './guard.ts';
import {
  calibrateOrder,
  evidenceQuestion,
  explainQuestion,
  historyQuestion,
  judgeOrder,
  listQuestion,
  parse,
  type Question,
  resetOrder,
  rollbackOrder,
  rolloutStartOrder,
  rolloutSteerOrder,
  settleOrder,
  shadowOrder,
  shiftOrder,
} from './orders.ts';
import { problem } from './problem.ts';

export interface AdminParts {
  /** As in force now: a reload changes token and hosts. */
  settings(): AdminSettings;
  /** `null` when ready, else why not. */
  notReady(): string | null;
  status(): Promise<object>;
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  explain(question: Question): object;
  change(order: ByHand): Promise<Outcome>;
  history: State['history'];
  rollouts(): readonly RolloutStatus[];
  /** The rollout of this name, by the file in force. */
  planned(name: string): Planned;
  readonly evidence: Pick<Evidence, 'read' | 'judge' | 'reset'>;
  readonly outbox: Pick<Outbox, 'uncertain' | 'settled' | 'settle'>;
  /** The `source` of events. */
  eventSource(): string;
}

type Env = { Bindings: Partial<HttpBindings> };

const maximumBody = 64 * 1024;

const safeHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

export function createAdmin(parts: AdminParts): Hono<Env> {
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(safeHeaders)) c.res.headers.set(name, value);
  });

  // Probes come with an address as Host and without a token, and learn nothing but a word: before the guard.
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => {
    const reason = parts.notReady();
    return reason === null ? c.text('ready\n') : c.text(`${reason}\n`, 503);
  });

  app.use(async (c, next) => {
    const knock = {
      method: c.req.method,
      header: (name: string) => c.req.header(name),
      localAddress: c.env?.incoming?.socket.localAddress,
    };
    const refused = refuse(knock, parts.settings());
    if (refused === null) return next();
    if (refused.status === 401) c.header('www-authenticate', 'Bearer realm="strangler admin"');
    return problem(c, refused);
  });
  app.use(
    bodyLimit({
      maxSize: maximumBody,
      onError: (c) => problem(c, { status: 413, code: 'body-too-large', detail: `At most ${maximumBody} bytes.` }),
    }),
  );

  app.get('/metrics', async (c) => {
    const { text, contentType } = await parts.metrics();
    return c.body(text, 200, { 'content-type': contentType });
  });
  app.get('/api/status', async (c) => c.json(await parts.status()));
  app.get('/api/history', async (c) => {
    const query = parse(historyQuestion, c.req.query());
    return query.ok ? c.json(await parts.history(query.value)) : badOrder(c, query.detail);
  });
  app.get('/api/explain', (c) => {
    const question = parse(explainQuestion, { ...c.req.query(), header: c.req.queries('header') });
    return question.ok ? c.json(parts.explain(question.value)) : badOrder(c, question.detail);
  });
  const orders = { shift: shiftOrder, rollback: rollbackOrder, shadow: shadowOrder, calibrate: calibrateOrder };
  for (const [kind, schema] of Object.entries(orders)) {
    app.post(`/api/${kind}`, async (c) => {
      const order = parse(schema, await bodyOf(c));
      return order.ok ? settle(c, await parts.change(order.value)) : badOrder(c, order.detail);
    });
  }
  app.get('/api/rollouts', (c) => c.json(parts.rollouts()));
  app.post('/api/rollouts/start', async (c) => {
    const order = parse(rolloutStartOrder, await bodyOf(c));
    if (!order.ok) return badOrder(c, order.detail);
    const planned = parts.planned(order.value.name);
    if (!planned.ok) return problem(c, { status: 409, code: 'refused', detail: planned.problem.join('\n') });
    const { routes, settings } = planned;
    return settle(c, await parts.change({ kind: 'rollout-start', ...order.value, routes, settings }));
  });
  for (const action of steerActions) {
    const schema = rolloutSteerOrder(action);
    app.post(`/api/rollouts/${action}`, async (c) => {
      const order = parse(schema, await bodyOf(c));
      return order.ok ? settle(c, await parts.change(order.value)) : badOrder(c, order.detail);
    });
  }
  app.get('/api/evidence', async (c) => {
    const routes = c.req.queries('route');
    const question = parse(evidenceQuestion, { ...c.req.query(), ...(routes && { route: routes }) });
    if (!question.ok) return badOrder(c, question.detail);
    const pieces = await evidencePieces((query) => parts.evidence.read(query), question.value);
    return c.body(ReadableStream.from(pieces), 200, { 'content-type': 'application/json' });
  });
  app.post('/api/evidence/reset', async (c) => {
    const order = parse(resetOrder, await bodyOf(c));
    return order.ok ? c.json({ routes: await parts.evidence.reset(order.value) }) : badOrder(c, order.detail);
  });
  app.post('/api/judge', async (c) => {
    const order = parse(judgeOrder, await bodyOf(c));
    if (!order.ok) return badOrder(c, order.detail);
    const { ids, judgement } = order.value;
    return c.json({ known: await parts.evidence.judge(ids, judgement) });
  });

  for (const kind of ['uncertain', 'settled'] as const) {
    app.get(`/api/events/${kind}`, async (c) => {
      const question = parse(listQuestion, c.req.query());
      return question.ok ? c.json(await parts.outbox[kind](question.value.limit)) : badOrder(c, question.detail);
    });
  }
  app.post('/api/events/settle', async (c) => {
    const order = parse(settleOrder, await bodyOf(c));
    if (!order.ok) return badOrder(c, order.detail);
    const { happened, ...rest } = order.value;
    const source = parts.eventSource();
    return c.json(await parts.outbox.settle({ ...rest, happened: happened && { ...happened, source } }));
  });

  app.notFound((c) => {
    const known = app.routes.find((route) => route.path === c.req.path && route.method !== 'ALL');
    if (known === undefined) return problem(c, { status: 404, code: 'not-found', detail: 'There is nothing here.' });
    c.header('allow', known.method === 'GET' ? 'GET, HEAD' : known.method);
    return problem(c, { status: 405, code: 'method-refused', detail: `Only ${known.method} is answered here.` });
  });
  app.onError((error, c) => problem(c, { status: 500, code: 'failed', detail: error.message }));
  return app;
}

/** `undefined` is no valid order either, so that broken JSON needs no path of its own. */
async function bodyOf(c: Context): Promise<unknown> {
  try {
    return JSON.parse(await c.req.text());
  } catch {
    return undefined;
  }
}

function badOrder(c: Context, detail: string): Response {
  return problem(c, { status: 400, code: 'bad-order', detail });
}

/** An order of which nothing could be done is an error; one done in part says which part was refused. */
function settle(c: Context, outcome: Outcome): Response {
  const refusedWhole = outcome.refused.length > 0 && outcome.entries.length === 0;
  if (!refusedWhole) return c.json(outcome);
  const detail = outcome.refused.map((refusal) => refusal.message).join(' ');
  return problem(c, { status: 409, code: 'refused', detail }, outcome);
}
