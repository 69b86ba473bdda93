import { z } from 'zod';
import type { Judgement, RouteEvidence } from '../domain/evidence.ts';
import type { ByHand, HistoryEntry, LiveRoute, Outcome } from '../domain/live.ts';
import type { Settled, SettleOutcome, Uncertain } from '../domain/publishing/intent.ts';
import type { RolloutStatus } from '../domain/rollout/status.ts';
import type { AdminSettings } from '../domain/settings.ts';
import type { RouteStatus, StatusReport } from '../domain/status.ts';
import type { EvidenceQuery, HistoryQuery, Outbox } from '../ports.ts';
import { Failure } from './failure.ts';

/** ms: a proxy that is up answers at once, and a command must not hang on one that isn't. */
const patience = 3000;
/** ms: a change waits for the state, and giving up before it would call something undone that is then done. */
const patienceForChanges = 10_000;

/** ms: evidence comes with its examples, tens of MiB of them at most. */
const patienceForEvidence = 30_000;

/** A running proxy, asked by its admin API. */
interface AdminClient {
  readonly url: string;
  /** `null`: nothing answers there. */
  status(): Promise<StatusReport | null>;
  read(): Promise<readonly LiveRoute[]>;
  rollouts(): Promise<readonly RolloutStatus[]>;
  change(change: ByHand): Promise<Outcome>;
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]>;
  readonly evidence: {
    read(query: EvidenceQuery): Promise<readonly RouteEvidence[]>;
    judge(ids: readonly string[], judgement: Judgement | null): Promise<readonly string[]>;
    reset(routes: readonly string[] | null): Promise<readonly string[]>;
  };
  readonly outbox: Pick<Outbox, 'uncertain' | 'settled' | 'settle'>;
}

export function adminClient(settings: AdminSettings): AdminClient {
  const url = adminUrl(settings);

  async function ask(path: string, body?: object, within = body === undefined ? patience : patienceForChanges) {
    const response = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(settings.token === null ? {} : { authorization: `Bearer ${settings.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(within),
    }).catch((error: Error) => {
      throw new Unreachable(url, error);
    });
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer;
    // An order that was refused whole carries the same facts as one that was not.
    const refused = outcome.safeParse(answer);
    if (refused.success) return refused.data;
    const detail = problem.safeParse(answer).data?.detail ?? `status ${response.status}`;
    throw new Failure(`the admin API at ${url} refuses: ${detail}`);
  }

  async function report(): Promise<StatusReport> {
    const answer = await ask('/api/status');
    if (!statusReport.safeParse(answer).success) throw new Failure(`what answers at ${url} is no strangler`);
    return answer as StatusReport;
  }

  const client: AdminClient = {
    url,
    async status() {
      try {
        return await report();
      } catch (error) {
        if (error instanceof Unreachable) return null;
        throw error;
      }
    },
    async read() {
      return rowsOf(await report());
    },
    async change(change) {
      return (await ask(`/api/${pathOf(change)}`, orderOf(change))) as Outcome;
    },
    async rollouts() {
      return (await ask('/api/rollouts')) as readonly RolloutStatus[];
    },
    async history({ route, since, limit }) {
      const query = new URLSearchParams({ limit: String(limit) });
      if (route !== undefined) query.set('route', route);
      if (since !== undefined) query.set('since', String(since));
      return (await ask(`/api/history?${query}`)) as readonly HistoryEntry[];
    },
    evidence: {
      async read({ routes = [], since, past, withoutExamples }) {
        const query = new URLSearchParams(routes.map((route): [string, string] => ['route', route]));
        if (since !== undefined) query.set('since', String(since));
        if (past === true) query.set('past', '1');
        if (withoutExamples === true) query.set('examples', '0');
        const answer = evidenceAnswer.safeParse(await ask(`/api/evidence?${query}`, undefined, patienceForEvidence));
        if (!answer.success) throw new Failure(`what ${url} tells of its evidence breaks off`);
        return answer.data.routes as unknown as readonly RouteEvidence[];
      },
      async judge(ids, judgement) {
        return judgeAnswer.parse(await ask('/api/judge', { ids, judgement })).known;
      },
      async reset(routes) {
        const which = routes === null ? { all: true } : { routes };
        return resetAnswer.parse(await ask('/api/evidence/reset', which)).routes;
      },
    },
    outbox: {
      async uncertain(limit) {
        return (await ask(`/api/events/uncertain?limit=${limit}`)) as readonly Uncertain[];
      },
      async settled(limit) {
        return (await ask(`/api/events/settled?limit=${limit}`)) as readonly Settled[];
      },
      async settle({ ids, who, happened }) {
        // Whose events they are the proxy says itself.
        const told = happened === null ? null : { key: happened.key, data: happened.data };
        return (await ask('/api/events/settle', { ids, who, happened: told })) as SettleOutcome;
      },
    },
  };
  return client;
}

function pathOf(change: ByHand): string {
  if (change.kind === 'rollout-start') return 'rollouts/start';
  return change.kind === 'rollout-steer' ? `rollouts/${change.action}` : change.kind;
}

/** As the admin API takes it: the path says the kind, and who shifts by hand need not say so. */
function orderOf(change: ByHand): object {
  if (change.kind === 'calibrate') return { routes: change.routes, until: change.until };
  const { who, reason } = change;
  switch (change.kind) {
    case 'rollback':
      return { ...(change.routes === null ? { all: true } : { routes: change.routes }), who, reason };
    case 'shift':
      // One that does not know the word yet takes what it always did.
      return { ...moveOf(change), ...(change.pauseRollout && { pauseRollout: true }), who, reason };
    case 'shadow':
      return { ...moveOf(change), who, reason };
    case 'rollout-start':
      return { name: change.name, who, reason };
    case 'rollout-steer':
      return { name: change.name, ...(change.step !== undefined && { step: change.step + 1 }), who, reason };
  }
}

function moveOf({ routes, percent }: Extract<ByHand, { kind: 'shift' | 'shadow' }>): object {
  return { routes, percent };
}

/** Nothing that answers: a proxy that is down, or a wrong address. */
export class Unreachable extends Failure {
  constructor(url: string, error: Error) {
    const cause = error.cause instanceof Error ? error.cause : error;
    super(`no proxy answers at ${url} (${(cause as NodeJS.ErrnoException).code ?? cause.message})`);
  }
}

const outcome = z.looseObject({
  live: z.array(z.unknown()),
  entries: z.array(z.unknown()),
  refused: z.array(z.unknown()),
});
/** Ports get mixed up: enough to tell a proxy's answer from anyone else's. */
const statusReport = z.looseObject({
  proxy: z.looseObject({ version: z.string() }),
  config: z.looseObject({ valid: z.boolean() }),
  state: z.looseObject({ available: z.boolean() }),
  routes: z.array(z.looseObject({ id: z.string(), live: z.number() })),
});
const evidenceAnswer = z.looseObject({ routes: z.array(z.looseObject({ route: z.string() })) });
const judgeAnswer = z.looseObject({ known: z.array(z.string()) });
const resetAnswer = z.looseObject({ routes: z.array(z.string()) });
const problem = z.looseObject({ detail: z.string() });

/** Who listens on every address is asked on the loopback one. */
function adminUrl({ host, port }: AdminSettings): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** What the proxy goes by, as rows of its state. */
export function rowsOf({ routes }: StatusReport): readonly LiveRoute[] {
  return routes.map(rowOf);
}

function rowOf({ id, stage, shadow, ...rest }: RouteStatus): LiveRoute {
  const { service, declared, live, latched, shadowDeclared, calibrateUntil } = rest;
  return {
    route: id,
    service,
    declared,
    declaredAt: 0,
    live,
    latched,
    retired: stage === 'retired',
    shadowDeclared,
    shadowLive: shadow,
    calibrateUntil,
  };
}
