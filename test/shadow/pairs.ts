import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Arm, ClusterTally, EvidenceBatch, Tally } from '../../src/domain/evidence.ts';
import type { Route, Settings } from '../../src/domain/settings.ts';
import { type ComparisonRules, type ShadowSettings, unshadowed } from '../../src/domain/shadow.ts';
import type { DomainEvent } from '../../src/ports.ts';
import { createComparer } from '../../src/shadow/comparer.ts';
import type { ComparerLimits, ShadowComparer } from '../../src/shadow/comparer-options.ts';
import type { Look, Pair, Seen } from '../../src/shadow/pair.ts';
import { route, settingsFor } from '../support/proxy.ts';

/** As `npm run build` leaves it: a worker can't be started from TypeScript. */
const worker = pathToFileURL(join(import.meta.dirname, '../../dist/src/shadow/comparer-worker.js'));

export interface TestComparer {
  readonly comparer: ShadowComparer;
  readonly batches: EvidenceBatch[];
  readonly events: DomainEvent[];
  /** Everything in all batches so far, by route, of both arms. */
  tally(routeId?: string): Sum;
  clusters(): readonly ClusterTally[];
  /** Resolves as soon as it holds; asked whenever a batch or an event comes. */
  until(holds: () => boolean): Promise<void>;
  /** Resolves when so many requests have been counted on the route. */
  counted(eligible: number, routeId?: string): Promise<Sum>;
}

export interface Sum {
  eligible: number;
  compared: number;
  matched: number;
  matchedByRules: number;
  matchedLater: number;
  serviceFailed: number;
  skipped: Record<string, number>;
  combinations: Record<string, number>;
  pairs: number;
  urls: Set<number>;
  callers: Set<number>;
  latency: { legacy: number; service: number };
}

interface Options {
  readonly limits?: Partial<ComparerLimits>;
  readonly now?: () => number;
  readonly worker?: URL;
}

/** Ends with the test that starts it. */
export function startComparer(settings: Settings = settingsOf(shadowedRoute()), options: Options = {}): TestComparer {
  const batches: EvidenceBatch[] = [];
  const events: DomainEvent[] = [];
  const waits = new Set<() => void>();
  const look = (): void => {
    for (const wait of waits) wait();
  };
  const comparer = createComparer({
    events: {
      emit: (event) => {
        events.push(event);
        look();
      },
    },
    clock: { now: options.now ?? Date.now },
    onBatch: (batch) => {
      batches.push(batch);
      look();
    },
    flushEvery: 20,
    worker: options.worker ?? worker,
    limits: { rest: { least: 10, most: 100 }, ...options.limits },
  });
  onTestFinished(() => comparer.close());
  comparer.apply(settings);
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        waits.delete(check);
        resolve();
      };
      waits.add(check);
      check();
    });
  const tally = (id = 'r'): Sum => sum(batches.flatMap(({ tallies }) => tallies.filter((one) => one.route === id)));
  return {
    comparer,
    batches,
    events,
    tally,
    clusters: () => joinedClusters(batches),
    until,
    counted: async (eligible, id) => {
      await until(() => tally(id).eligible >= eligible);
      return tally(id);
    },
  };
}

export function sum(tallies: readonly Tally[]): Sum {
  const total: Sum = {
    eligible: 0,
    compared: 0,
    matched: 0,
    matchedByRules: 0,
    matchedLater: 0,
    serviceFailed: 0,
    skipped: {},
    combinations: {},
    pairs: 0,
    urls: new Set(),
    callers: new Set(),
    latency: { legacy: 0, service: 0 },
  };
  for (const tally of tallies) {
    for (const name of [
      'eligible',
      'compared',
      'matched',
      'matchedByRules',
      'matchedLater',
      'serviceFailed',
    ] as const) {
      total[name] += tally[name];
    }
    for (const [reason, count] of Object.entries(tally.skipped))
      total.skipped[reason] = (total.skipped[reason] ?? 0) + count;
    for (const [ids, count] of Object.entries(tally.combinations)) {
      total.combinations[ids] = (total.combinations[ids] ?? 0) + count;
    }
    total.pairs += tally.noise.pairs;
    for (const url of tally.urls) total.urls.add(url);
    for (const caller of tally.callers) total.callers.add(caller);
    for (const side of ['legacy', 'service'] as const)
      for (const count of tally.latency[side]) total.latency[side] += count;
  }
  return total;
}

/** Holds of every tally that ever goes out. */
export const addsUp = (tally: Tally): boolean =>
  tally.eligible === tally.compared + tally.serviceFailed + Object.values(tally.skipped).reduce((a, b) => a + b, 0);

function joinedClusters(batches: readonly EvidenceBatch[]): readonly ClusterTally[] {
  const byId = new Map<string, ClusterTally>();
  for (const cluster of batches.flatMap(({ clusters }) => clusters)) {
    const known = byId.get(cluster.id);
    byId.set(
      cluster.id,
      known === undefined
        ? cluster
        : {
            ...cluster,
            count: known.count + cluster.count,
            persistent: known.persistent + cluster.persistent,
            race: known.race + cluster.race,
            noise: known.noise + cluster.noise,
            examples: [...known.examples, ...cluster.examples],
          },
    );
  }
  return [...byId.values()];
}

export function shadowed(
  shadow: Partial<Omit<ShadowSettings, 'rules'>> = {},
  rules: Partial<ComparisonRules> = {},
): ShadowSettings {
  return { ...unshadowed, percent: 100, ...shadow, rules: { ...unshadowed.rules, ...rules } };
}

export function settingsOf(...routes: readonly Route[]): Settings {
  return settingsFor(1, { routes });
}

export function shadowedRoute(shadow: ShadowSettings = shadowed(), more: Partial<Route> = {}): Route {
  return route('r', 'orders', { path: '/orders/:id', shadow, ...more });
}

export function json(body: unknown, more: Partial<Seen> = {}): Seen {
  return seen(JSON.stringify(body), { headers: ['Content-Type', 'application/json'], ...more });
}

export function seen(body: string | Buffer, more: Partial<Seen> = {}): Seen {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { status: 200, headers: ['Content-Type', 'text/plain'], body: [bytes], whole: true, milliseconds: 5, ...more };
}

export function pair(legacy: Seen, service: Seen | null, more: Partial<Pair> = {}): Pair {
  return {
    route: 'r',
    arm: 'legacy' as Arm,
    at: Date.now(),
    method: 'GET',
    url: '/orders/1',
    headers: ['Host', 'shop.example'],
    clientIp: '192.0.2.1',
    requestBody: null,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    legacy,
    service,
    again: null,
    look: null,
    ...more,
  };
}

export interface Asked {
  readonly delay: number;
  readonly path: string | null;
}

/** A look that answers what `answer` gives for each time it is asked, counted from 0. */
export function lookThat(
  answer: (time: number) => { legacy: Seen; service: Seen } | null,
): Look & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    ask(delay, path, told) {
      asked.push({ delay, path });
      const time = asked.length - 1;
      setImmediate(() => told(answer(time)));
    },
  };
}
