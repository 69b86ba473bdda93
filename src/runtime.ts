/**
 * The composition root: the only place that knows everyone. It takes no signals and ends no process, so that a
 * program may run a whole strangler inside itself; `cli/start.ts` does the rest.
 */
import { createAdmin } from './admin/api.ts';
import { type AdminServer, listenAdmin } from './admin/server.ts';
import { formatProblem, loadSettings, type ValidFile } from './config/load.ts';
import { circuitReports } from './domain/circuit-standing.ts';
import type { EvidenceBatch } from './domain/evidence.ts';
import { explain } from './domain/explain.ts';
import { mergeInstances, mergeTroubles } from './domain/instance-figures.ts';
import { plannedRollout, withPlansUnderWay } from './domain/rollout/planned.ts';
import { isUnderWay } from './domain/rollout/position.ts';
import { rolloutStatuses } from './domain/rollout/status.ts';
import { declaredRoutes, routeStatuses, type StatusReport } from './domain/status.ts';
import { fallbacksOf, mergeFigures } from './events/meter.ts';
import { metricsContentType, metricsText, type ProcessFigures } from './events/metrics.ts';
import type { AccessLog, Clock, EventSink, Evidence, HistoryQuery, State } from './ports.ts';
import { type Conducting, createConducting } from './runtime/conducting.ts';
import { type Course, setCourse } from './runtime/course.ts';
import { createEvidenceKeeper, type EvidenceKeeper, settleWithin } from './runtime/evidence-keeper.ts';
import { createFleet } from './runtime/fleet.ts';
import { createSingleFront, type Drained, type Front, type Listening } from './runtime/front.ts';
import { withLastingStops } from './runtime/lasting-stops.ts';
import { listenFailure, StartError } from './runtime/start-error.ts';
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
    const front = createFront({ ...options, events: lasting }, { onEvidence, onArms: conducting.onArms });
    closers.unshift(() => front.drain(0));

    // Step 4: declared meets live; from here on both are followed.
    const apply: Conducting['apply'] = (settings, live, rollouts) => {
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
        createAdmin(adminParts({ course, state, evidence, keeper, conducting, front, duty, file })),
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
      stop: once(() => stop({ course, state, evidence, keeper, conducting, front, duty, admin, events })),
    };
  } catch (error) {
    for (const close of closers) await close();
    throw error;
  }
}

interface Duty {
  listening: Listening | null;
  draining: boolean;
  readonly startedAt: number;
}

interface Parts {
  readonly course: Course;
  readonly state: State;
  readonly evidence: Evidence;
  readonly keeper: EvidenceKeeper;
  readonly conducting: Conducting;
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
  counting: Pick<Parameters<typeof createSingleFront>[0], 'onEvidence' | 'onArms'>,
): Front {
  return workers > 1
    ? createFleet(workers, { events, json, ...counting })
    : createSingleFront({ events, accessLog, ...counting });
}

function adminParts({
  course,
  state,
  evidence,
  keeper,
  conducting,
  front,
  duty,
  file,
}: Parts & { readonly file: string }) {
  return {
    settings: () => course.settings.admin,
    notReady: () => (duty.draining ? 'draining' : duty.listening === null ? 'starting' : null),
    status: () => statusReport({ course, conducting, front, duty, file }),
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
        // Nothing of the proxy itself publishes yet: whoever opens its bus asks `busFigures` here.
        bus: null,
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
  };
}

async function statusReport(
  parts: Pick<Parts, 'course' | 'conducting' | 'front' | 'duty'> & { readonly file: string },
): Promise<StatusReport> {
  const { course, conducting, front, duty, file } = parts;
  const rollouts = rolloutStatuses(course.rollouts, conducting.gatesOf);
  const processes = await front.figures();
  return {
    proxy: {
      version,
      url: duty.listening?.url ?? '',
      pid: process.pid,
      workers: front.workers,
      startedAt: new Date(duty.startedAt).toISOString(),
      inFlight: inFlight(processes),
      draining: duty.draining,
    },
    config: {
      file,
      valid: course.problems.length === 0,
      problems: course.problems,
      restartNeeded: course.restartNeeded,
    },
    state: {
      kind: course.settings.state.kind,
      available: course.stateTrouble === null,
      conflicts: course.conflicts,
    },
    routes: routeStatuses(declaredRoutes(course.settings.routes), course.live, rollouts),
    rollouts,
    circuits: circuitReports(processes.map(({ circuits }) => circuits)),
    fallbacks: fallbacksOf(mergeFigures(processes.map(({ requests }) => requests))),
    instances: mergeInstances(processes.map(({ instances }) => instances)).filter((one) => one.processes > 0),
    discovery: mergeTroubles(processes.map(({ discovery }) => discovery)),
  };
}

function inFlight(processes: readonly ProcessFigures[]): number {
  return processes.flatMap(({ requests }) => requests).reduce((sum, series) => sum + series.inFlight, 0);
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
