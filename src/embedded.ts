/**
 * strangler inside another program: the same file, state and proxy as `strangler start`, without a port of its own.
 * Requests come from the program's own server.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { MiddlewareHandler } from 'hono';
import { formatProblem, loadSettings } from './config/load.ts';
import type { HistoryEntry, Outcome } from './domain/live.ts';
import { plannedRollout, withPlansUnderWay } from './domain/rollout/planned.ts';
import { type RolloutStatus, rolloutStatuses } from './domain/rollout/status.ts';
import type { SteerAction } from './domain/rollout/steer.ts';
import { declaredRoutes, type RouteStatus, routeStatuses } from './domain/status.ts';
import type { AccessLog, DomainEvent, Evidence, HistoryQuery } from './ports.ts';
import { type Conducting, createConducting } from './runtime/conducting.ts';
import { setCourse } from './runtime/course.ts';
import { createDispatching } from './runtime/dispatching.ts';
import { createEvidenceKeeper, settleWithin } from './runtime/evidence-keeper.ts';
import { createWholeProxy } from './runtime/front.ts';
import { guarded } from './runtime/guarded.ts';
import { withLastingStops } from './runtime/lasting-stops.ts';
import { StartError } from './runtime/start-error.ts';
import { openState } from './state/open.ts';
import { openEvidence } from './state/open-evidence.ts';

export interface StranglerOptions {
  /** Path of routes.yaml; its `listen` gives limits and timeouts only, and its `admin` nothing. */
  readonly config: string;
  /** What `${NAME}` in the file reads; by default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Hears of reloads, shifts and failed requests. By default nobody does. */
  readonly onEvent?: (event: DomainEvent) => void;
  /** Called for each finished request, where the file says `accessLog: true`. */
  readonly onAccess?: AccessLog;
  /** Named in the history for what the file declares; by default `embedded`. */
  readonly who?: string;
}

export interface Strangler {
  /** A Hono middleware for apps on `@hono/node-server`: what reaches it is forwarded. Nothing behind it runs. */
  readonly middleware: MiddlewareHandler;
  /** A plain `(request, response)` listener. The request's body must not have been read. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** A listener of the server's `upgrade` event, for WebSockets. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Where each route stands. */
  routes(): readonly RouteStatus[];
  /** Sets the live percent (0–100) of routes; see the outcome for those that were refused. */
  shift(routes: readonly string[], percent: number, by?: { who?: string; reason?: string }): Promise<Outcome>;
  /** Sets routes to 0, latched; all of them without a list. */
  rollback(routes?: readonly string[], by?: { who?: string; reason?: string }): Promise<Outcome>;
  /** Where each rollout stands. */
  rollouts(): readonly RolloutStatus[];
  /** Begins the rollout that the file declares for a route, or for all routes of a service. Rejects where it declares none. */
  startRollout(name: string, by?: { who?: string; reason?: string }): Promise<Outcome>;
  steerRollout(name: string, action: SteerAction, by?: { who?: string; reason?: string }): Promise<Outcome>;
  /** Sets the live share (0–100) of requests that are copied to the target that does not answer them. */
  shadow(routes: readonly string[], percent: number, by?: { who?: string; reason?: string }): Promise<Outcome>;
  history(query?: Partial<HistoryQuery>): Promise<readonly HistoryEntry[]>;
  /** What shadowing has shown, counted: the figures that `strangler report` is made of. */
  readonly evidence: Pick<Evidence, 'read' | 'judge' | 'reset'>;
  /** Reads the file again now; a save is noticed without it. */
  reload(): Promise<void>;
  /** Lets what is under way finish for at most `milliseconds`, then closes everything that strangler opened. */
  close(milliseconds?: number): Promise<void>;
}

/** @throws StartError when the file is not valid or the state can't be opened; `lines` says all that is wrong. */
export async function strangler(options: StranglerOptions): Promise<Strangler> {
  const { config: file, env = process.env, who = 'embedded' } = options;
  const events = { emit: guarded('onEvent', (event: DomainEvent) => options.onEvent?.(event)) };
  const clock = { now: Date.now };

  const first = await loadSettings(file, env);
  if (!first.ok) throw new StartError('invalid-settings', first.problems.map(formatProblem));
  const state = await openState(first.settings.state, clock).catch((error: Error) => {
    throw new StartError('no-state', [error.message], { cause: error });
  });
  const evidence = await openEvidence(first.settings.state, first.settings.evidence, clock);
  const keeper = createEvidenceKeeper(evidence, events);
  const conducting = createConducting({ events, clock, evidence, keeper });
  const dispatching = createDispatching({ events, clock });
  const { proxy, comparer, publishing, arms } = createWholeProxy({
    events: withLastingStops(events, (order) => state.change(order)),
    onEvidence: (batch) => keeper.keep(batch),
    onArms: conducting.onArms,
    outbox: dispatching.outbox,
    onRecorded: dispatching.wake,
    ...(options.onAccess === undefined ? {} : { accessLog: guarded('onAccess', options.onAccess) }),
  });
  const closeAside = async (): Promise<void> => {
    arms.stop();
    await publishing.stop();
    await dispatching.stop();
    await conducting.stop();
    await comparer.close();
    await keeper.settled(settleWithin);
    await evidence.close();
  };
  const apply: Conducting['apply'] = (settings, live, rollouts) => {
    dispatching.apply(settings);
    publishing.apply(settings);
    proxy.apply(withPlansUnderWay(settings, rollouts), live);
    evidence.limit(settings.evidence);
    conducting.apply(settings, live, rollouts);
  };
  const course = await setCourse(first, { file, env, state, events, clock, who, apply }).catch(async (error: Error) => {
    await closeAside();
    await state.close();
    throw new StartError('no-state', [error.message], { cause: error });
  });
  conducting.begin(course);

  return {
    handler: (request, response) => proxy.handle(request, response),
    upgrade: (request, socket, head) => proxy.upgrade(request, socket, head),
    middleware: async (context) => {
      const { incoming, outgoing } = context.env as { incoming?: IncomingMessage; outgoing?: ServerResponse };
      if (incoming === undefined || outgoing === undefined) {
        throw new TypeError('strangler needs the raw Node request: serve the app with @hono/node-server');
      }
      proxy.handle(incoming, outgoing);
      // The adapter reads the rest of the body away as soon as a handler is done; so it is done with the response.
      await finished(outgoing).catch(() => undefined);
      return RESPONSE_ALREADY_SENT;
    },
    routes: () =>
      routeStatuses(
        declaredRoutes(course.settings.routes),
        course.live,
        rolloutStatuses(course.rollouts, conducting.gatesOf),
      ),
    rollouts: () => rolloutStatuses(course.rollouts, conducting.gatesOf),
    async startRollout(name, by = {}) {
      const planned = plannedRollout(name, course.settings.routes);
      if (!planned.ok) throw new RangeError(planned.problem.join('\n'));
      const { routes, settings } = planned;
      return course.change({
        kind: 'rollout-start',
        name,
        routes,
        settings,
        who: by.who ?? who,
        reason: by.reason ?? null,
      });
    },
    steerRollout: (name, action, by = {}) =>
      course.change({ kind: 'rollout-steer', name, action, who: by.who ?? who, reason: by.reason ?? null }),
    shift: (routes, percent, by = {}) =>
      course.change({ kind: 'shift', routes, percent, who: by.who ?? who, reason: by.reason ?? null }),
    rollback: (routes, by = {}) =>
      course.change({ kind: 'rollback', routes: routes ?? null, who: by.who ?? who, reason: by.reason ?? null }),
    shadow: (routes, percent, by = {}) =>
      course.change({
        kind: 'shadow',
        source: 'shift',
        routes,
        percent,
        who: by.who ?? who,
        reason: by.reason ?? null,
      }),
    history: ({ limit = 100, ...query } = {}) => state.history({ limit, ...query }),
    evidence: {
      read: (query) => evidence.read(query),
      judge: (ids, judgement) => evidence.judge(ids, judgement),
      reset: (routes) => evidence.reset(routes),
    },
    reload: () => course.reload(),
    close: async (milliseconds = course.settings.listen.drain) => {
      await proxy.drain(milliseconds);
      course.stop();
      await closeAside();
      await state.close();
    },
  };
}
