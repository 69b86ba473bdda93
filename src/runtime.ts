/**
 * The composition root: the only place that knows everyone. It takes no signals and ends no process, so that a
 * program may run a whole strangler inside itself; `cli/start.ts` does the rest.
 */
import { createAdmin } from './admin/api.ts';
import { type AdminServer, listenAdmin } from './admin/server.ts';
import { formatProblem, loadSettings, type ValidFile } from './config/load.ts';
import type { EvidenceBatch } from './domain/evidence.ts';
import { explain } from './domain/explain.ts';
import { plannedRollout, withPlansUnderWay } from './domain/rollout/planned.ts';
import { isUnderWay } from './domain/rollout/position.ts';
import { rolloutStatuses } from './domain/rollout/status.ts';
import { metricsContentType, metricsText } from './events/metrics.ts';
import type { AccessLog, Clock, EventSink, Evidence, HistoryQuery, State } from './ports.ts';
import { type Conducting, createConducting } from './runtime/conducting.ts';
import { type Course, setCourse } from './runtime/course.ts';
import { createDispatching, type Dispatching } from './runtime/dispatching.ts';
import { createEvidenceKeeper, type EvidenceKeeper, settleWithin } from './runtime/evidence-keeper.ts';
import { createFleet } from './runtime/fleet.ts';
import { createSingleFront, type Drained, type Front } from './runtime/front.ts';
import { withLastingStops } from './runtime/lasting-stops.ts';
import { listenFailure, StartError } from './runtime/start-error.ts';
import { type Duty, inFlight, standingOf, statusReport } from './runtime/status-report.ts';
import { openState } from './state/open.ts';
import { openEvidence } from './state/open-evidence.ts';
import { version } from './version.ts';

export interface StartOptions {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly events: EventSink;
  readonly accessLog: AccessLog;
  /** Named in the history for what routes.yaml declares. */
  readonly who: string;
  /** More than one forks worker processes that share the port. */
  readonly workers?: number;
  /** Workers write access lines of their own: as JSON, on a terminal too. */
  readonly json?: boolean;
  readonly clock?: Clock;
}

export interface Running {
  readonly url: string;
  readonly admin: string;
  /** Reads routes.yaml again, and every file that it names. */
  reload(): Promise<void>;
  /** Drains, then closes everything. */
  stop(): Promise<Drained>;
}

/** Everything or nothing: what was opened before a step that fails is closed again. Throws a {@link StartError}. */
export async function startStrangler(options: StartOptions): Promise<Running> {
  const { file, env, events, who } = options;
  const clock = options.clock ?? { now: Date.now };
  const closers: (() => unknown)[] = [];
  try {
    // Step 1: what routes.yaml says. Without a valid one there is nothing to start.
    const first = await firstSettings(file, env);

    // Step 2: the live percents, which a restart must find as it left them.
    const state = await openStateOf(first, clock);
    closers.unshift(() => state.close());
    const evidence = await openEvidence(first.settings.state, first.settings.evidence, clock);
    closers.unshift(() => evidence.close());
    const keeper = createEvidenceKeeper(evidence, events);

    // Step 3: what faces the callers, not listening yet.
    const lasting = withLastingStops(events, (order) => state.change(order));
    const conducting = createConducting({ events, clock, evidence, keeper });
    closers.unshift(() => conducting.stop());
    const onEvidence = (batch: EvidenceBatch): void => keeper.keep(batch);
    const dispatching = createDispatching({ events, clock });
    closers.unshift(() => dispatching.stop());
    const front = createFront(
      { ...options, events: lasting },
      { onEvidence, onArms: conducting.onArms, onHandedOver: dispatching.onHandedOver },
      { outbox: dispatching.outbox, onRecorded: dispatching.wake },
    );
    closers.unshift(() => front.drain(0));

    // Step 4: declared meets live; from here on both are followed.
    const apply: Conducting['apply'] = (settings, live, rollouts) => {
      dispatching.apply(settings);
      front.apply(withPlansUnderWay(settings, rollouts), live);
      evidence.limit(settings.evidence);
      conducting.apply(settings, live, rollouts);
    };
    const course = await courseOf(first, { file, env, state, events, clock, who, apply });
    closers.unshift(() => course.stop());
    conducting.begin(course);

    // Step 5: the admin port, so that a probe can see that the proxy is not ready yet.
    const duty: Duty = { listening: null, draining: false, startedAt: clock.now() };
    const admin = await listenOrSay('admin', first, () =>
      listenAdmin(
        createAdmin(adminParts({ course, state, evidence, keeper, conducting, dispatching, front, duty, file })),
        first.settings.admin,
      ),
    );
    closers.unshift(() => admin.close());

    // Step 6: callers.
    const listening = await listenOrSay('listen', first, () => front.listen(first.settings.listen));
    duty.listening = listening;
    events.emit({ type: 'proxy.started', url: listening.url, admin: admin.url });

    return {
      url: listening.url,
      admin: admin.url,
      reload: () => course.reload(),
      stop: once(() => stop({ course, state, evidence, keeper, conducting, dispatching, front, duty, admin, events })),
    };
  } catch (error) {
    for (const close of closers) await close();
    throw error;
  }
}

interface Parts {
  readonly course: Course;
  readonly state: State;
  readonly evidence: Evidence;
  readonly keeper: EvidenceKeeper;
  readonly conducting: Conducting;
  readonly dispatching: Dispatching;
  readonly front: Front;
  readonly duty: Duty;
}

async function firstSettings(file: string, env: NodeJS.ProcessEnv): Promise<ValidFile> {
  const loaded = await loadSettings(file, env);
  if (!loaded.ok) throw new StartError('invalid-settings', loaded.problems.map(formatProblem));
  return loaded;
}

async function openStateOf({ settings }: ValidFile, clock: Clock): Promise<State> {
  try {
    return await openState(settings.state, clock);
  } catch (error) {
    throw new StartError('no-state', [(error as Error).message], { cause: error });
  }
}

async function courseOf(...given: Parameters<typeof setCourse>): Promise<Course> {
  try {
    return await setCourse(...given);
  } catch (error) {
    throw new StartError('no-state', [(error as Error).message], { cause: error });
  }
}

async function listenOrSay<T>(what: 'listen' | 'admin', { settings }: ValidFile, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw listenFailure(what, settings[what], error as NodeJS.ErrnoException);
  }
}

function createFront(
  { workers = 1, json = false, events, accessLog }: StartOptions,
  counting: Pick<Parameters<typeof createFleet>[1], 'onEvidence' | 'onArms' | 'onHandedOver'>,
  writing: Pick<Parameters<typeof createSingleFront>[0], 'outbox' | 'onRecorded'>,
): Front {
  return workers > 1
    ? createFleet(workers, { events, json, ...counting })
    : createSingleFront({ events, accessLog, ...counting, ...writing });
}

function adminParts({
  course,
  state,
  evidence,
  keeper,
  conducting,
  dispatching,
  front,
  duty,
  file,
}: Parts & { readonly file: string }) {
  return {
    settings: () => course.settings.admin,
    notReady: () => (duty.draining ? 'draining' : duty.listening === null ? 'starting' : null),
    status: () => statusReport({ course, conducting, dispatching, front, duty, file }),
    metrics: async () => ({
      contentType: metricsContentType,
      text: await metricsText(await front.figures(), {
        version,
        live: course.live,
        configValid: course.problems.length === 0,
        evidenceLost: keeper.lost,
        rollouts: course.rollouts.filter(isUnderWay),
        guardTrips: conducting.guardTrips,
        webhooksLost: conducting.webhooksLost,
        outbox: await standingOf(dispatching),
        delivered: dispatching.delivered,
        bus: await dispatching.busFigures(),
        reloads: course.reloads,
      }),
    }),
    explain: (question: Parameters<typeof explain>[2]) =>
      explain(course.settings, { live: course.live, rollouts: rolloutStatuses(course.rollouts) }, question),
    change: (order: Parameters<Course['change']>[0]) => course.change(order),
    history: (query: HistoryQuery) => state.history(query),
    rollouts: () => rolloutStatuses(course.rollouts, conducting.gatesOf),
    planned: (name: string) => plannedRollout(name, course.settings.routes),
    evidence,
    outbox: dispatching.outbox,
    eventSource: () => course.settings.events.source,
  };
}

interface StopParts extends Parts {
  readonly admin: AdminServer;
  readonly events: EventSink;
}

/** The state closes last: a shift that arrives while requests finish is still acknowledged truthfully. */
async function stop({
  course,
  state,
  evidence,
  keeper,
  conducting,
  dispatching,
  front,
  duty,
  admin,
  events,
}: StopParts): Promise<Drained> {
  duty.draining = true;
  events.emit({ type: 'proxy.draining', inFlight: inFlight(await front.figures()) });
  const drained = await front.drain(course.settings.listen.drain);
  await admin.close();
  await conducting.stop();
  await dispatching.stop();
  course.stop();
  await keeper.settled(settleWithin);
  await evidence.close();
  await state.close();
  events.emit({ type: 'proxy.stopped' });
  return drained;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
