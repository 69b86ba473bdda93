/** A proxy with a mirror before raw targets, and a comparer that only remembers what it was given. */
import { onTestFinished } from 'vitest';
import type { Arm } from '../../src/domain/evidence.ts';
import type { LiveRoute } from '../../src/domain/live.ts';
import type { Route, Settings } from '../../src/domain/settings.ts';
import { type ShadowSettings, type SkipReason, unshadowed } from '../../src/domain/shadow.ts';
import type { Governor } from '../../src/shadow/governor.ts';
import { createMirror } from '../../src/shadow/mirror.ts';
import type { Pair, Seen } from '../../src/shadow/pair.ts';
import { Targets } from '../../src/target/targets.ts';
import { aRow } from '../domain/a-row.ts';
import {
  route,
  type SettingsOverrides,
  settingsFor,
  startProxy,
  type TestProxy,
  targetSettings,
} from '../support/proxy.ts';
import { type Exchange, RawTarget } from '../support/raw-target.ts';

type Handler = (exchange: Exchange) => void;

export interface MirroredFrontOptions extends SettingsOverrides {
  readonly onLegacy?: Handler;
  readonly onService?: Handler;
  readonly shadow?: Partial<ShadowSettings>;
  /** Of the route `r`, which takes everything. */
  readonly route?: Partial<Route>;
  readonly live?: Partial<LiveRoute>;
  readonly chance?: () => number;
  /** What the comparer does besides remembering. */
  readonly onCompare?: (pair: Pair) => void;
  readonly governor?: Governor;
}

/** How the requests of the route ended, as far as the mirror can tell. */
export interface Endings {
  readonly pairs: readonly Pair[];
  readonly skipped: readonly { readonly arm: Arm; readonly reason: SkipReason }[];
  /** The arms. */
  readonly serviceFailed: readonly Arm[];
}

export interface MirroredFront {
  readonly proxy: TestProxy;
  readonly port: number;
  readonly settings: Settings;
  readonly legacy: RawTarget;
  readonly service: RawTarget;
  readonly endings: Endings;
  /** The comparer's; the mirror sheds by it. */
  held: number;
  /** What the mirror takes for the time, in ms. */
  now: number;
  /** Waits until so many requests have ended; throws when there are more. */
  ended(count: number): Promise<Endings>;
  apply(live: Partial<LiveRoute>, settings?: Settings): void;
}

/** Nothing is shed: the machine that tests run on is busy with other things. */
const calm: Governor = { admits: () => true, made: () => {}, close: () => {} };

/** The route's row: shadowed whole, unless a test wants it otherwise. */
const liveRoute = (more: Partial<LiveRoute>): LiveRoute =>
  aRow({ route: 'r', shadowDeclared: 100, shadowLive: 100, ...more });

export async function mirroredFront(options: MirroredFrontOptions = {}): Promise<MirroredFront> {
  const { onLegacy, onService, shadow, route: more, live, chance, onCompare, governor = calm, ...overrides } = options;
  const legacy = await RawTarget.start(onLegacy);
  const service = await RawTarget.start(onService);
  const settings = settingsFor(legacy.port, {
    services: [targetSettings('orders', service.port)],
    routes: [
      route('r', 'orders', { path: '/*', percent: 0, shadow: { ...unshadowed, percent: 100, ...shadow }, ...more }),
    ],
    ...overrides,
  });
  const pairs: Pair[] = [];
  const skipped: Endings['skipped'][number][] = [];
  const serviceFailed: Arm[] = [];
  const endings: Endings = { pairs, skipped, serviceFailed };
  const count = () => pairs.length + skipped.length + serviceFailed.length;
  const front = { held: 0, now: Date.now() };
  const proxy = await startProxy(settings, live === undefined ? [] : [liveRoute(live)], (events) =>
    createMirror({
      events,
      comparer: {
        apply: () => {},
        compare(pair) {
          onCompare?.(pair);
          pairs.push(pair);
        },
        get waiting() {
          return front.held;
        },
        close: async () => {},
      },
      tallies: {
        skipped: (_route, arm, reason) => void skipped.push({ arm, reason }),
        serviceFailed: (_route, arm) => void serviceFailed.push(arm),
      },
      clock: { now: () => front.now },
      transport: new Targets(events),
      governor,
      ...(chance === undefined ? {} : { chance }),
    }),
  );
  onTestFinished(async () => {
    await proxy.close();
    await legacy.close();
    await service.close();
  });
  return Object.assign(front, {
    proxy,
    port: proxy.port,
    settings,
    legacy,
    service,
    endings,
    async ended(expected: number) {
      await until(
        () => count() >= expected,
        () => JSON.stringify({ pairs: pairs.length, skipped, serviceFailed }),
      );
      if (count() > expected)
        throw new Error(`more endings than requests: ${JSON.stringify({ skipped, serviceFailed })}`);
      return endings;
    },
    apply: (row: Partial<LiveRoute>, next = settings) => proxy.apply(next, [liveRoute(row)]),
  });
}

/** Looks every few ms, for as long as a busy machine may take. */
export async function until(condition: () => boolean, tell: () => string = () => ''): Promise<void> {
  for (let i = 0; i < 4_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!condition()) throw new Error(`it did not come about within 20 s ${tell()}`);
}

export function textOf({ body }: Seen): string {
  return Buffer.concat(body).toString('latin1');
}
