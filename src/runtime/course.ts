/**
 * What is in force: the last valid routes.yaml and the live percents, and how a saved file or a change of the
 * state becomes it. Nothing here can take a running proxy down: what fails is reported, and the last good stays.
 */
import { formatProblem, type Loaded } from '../config/load.ts';
import { loadAside } from '../config/load-aside.ts';
import { watchSettings } from '../config/watch.ts';
import type { LiveRoute, Outcome } from '../domain/live.ts';
import type { Settings } from '../domain/settings.ts';
import { declaredRoutes } from '../domain/status.ts';
import type { Clock, EventSink, State } from '../ports.ts';
import { createHerald } from './herald.ts';
import { changedButFixed } from './restart.ts';

/** ms until the state is asked again to take a declaration that it couldn't. */
const declareAgainAfter = 1000;

export type ValidFile = Extract<Loaded, { ok: true }>;

export interface CourseParts {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly state: State;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly who: string;
  /** Called with everything that is in force, each time a part of it has changed. */
  readonly apply: (settings: Settings, live: readonly LiveRoute[]) => void;
}

export interface Course {
  readonly settings: Settings;
  readonly live: readonly LiveRoute[];
  /** Why the file as saved last is not in force; empty when it is. */
  readonly problems: readonly string[];
  readonly reloads: { readonly applied: number; readonly rejected: number };
  readonly restartNeeded: readonly string[];
  readonly stateTrouble: string | null;
  /** Routes of which the state follows another file, in words. */
  readonly conflicts: readonly string[];
  /** Reads the file again, and everything that it names. */
  reload(): Promise<void>;
  stop(): void;
}

/** Declares the first file, which is where an unavailable state is an error, and follows file and state from then on. */
export async function setCourse(first: ValidFile, parts: CourseParts): Promise<Course> {
  const { file, env, state, events, clock, who, apply } = parts;
  const herald = createHerald(state, events, clock.now());
  const started = first.settings;

  let current: ValidFile = first;
  /** The digest of what the file said last, valid or not. */
  let seen = first.digest;
  let live: readonly LiveRoute[] = [];
  let problems: readonly string[] = [];
  let warnings: readonly string[] = [];
  let restartNeeded: readonly string[] = [];
  let conflicts: readonly string[] = [];
  let stateTrouble: string | null = null;
  let reloads = { applied: 0, rejected: 0 };
  /** The declaration that the state has taken last; `null` before the first. */
  let declared: ValidFile | null = null;
  let again: NodeJS.Timeout | undefined;
  let stopped = false;

  function take(rows: readonly LiveRoute[]): void {
    live = rows;
    apply(current.settings, live);
    herald.tell();
  }

  function trouble(error: Error | null): void {
    const before = stateTrouble;
    stateTrouble = error === null ? null : error.message;
    if (error !== null && before !== error.message) events.emit({ type: 'state.unavailable', error: error.message });
    if (error === null && before !== null) events.emit({ type: 'state.recovered' });
  }

  async function declare(): Promise<void> {
    const declaring = current;
    const outcome = await state.change({
      kind: 'declare',
      routes: declaredRoutes(declaring.settings.routes),
      previous: declared === null ? null : declaredRoutes(declared.settings.routes),
      declaredAt: declaring.modifiedAt,
      who,
    });
    declared = declaring;
    noteConflicts(outcome);
    take(outcome.live);
  }

  function noteConflicts({ refused }: Outcome): void {
    conflicts = refused.map((refusal) => refusal.message);
    for (const { route, message } of refused) events.emit({ type: 'state.conflict', route, message });
  }

  /** Until the state takes the declaration, what is new in the file is live as declared, and the rest as it was. */
  async function declareOrRetry(): Promise<void> {
    clearTimeout(again);
    try {
      await declare();
      trouble(null);
    } catch (error) {
      if (stopped) return;
      apply(current.settings, live);
      trouble(error as Error);
      again = setTimeout(() => enqueue(declareOrRetry), declareAgainAfter);
    }
  }

  async function receive(loaded: Loaded): Promise<void> {
    if (stopped || loaded.digest === seen) return;
    seen = loaded.digest;
    if (!loaded.ok) {
      problems = loaded.problems.map(formatProblem);
      reloads = { ...reloads, rejected: reloads.rejected + 1 };
      events.emit({ type: 'reload.rejected', file, problems });
      return;
    }
    problems = [];
    reloads = { ...reloads, applied: reloads.applied + 1 };
    // A mistake that was taken back leaves nothing to do: the good file has been in force all the time.
    if (loaded.digest !== current.digest) await replaceCurrent(loaded);
    warnOf(loaded);
    events.emit({ type: 'reload.applied', file, routes: loaded.settings.routes.length });
  }

  async function replaceCurrent(loaded: ValidFile): Promise<void> {
    current = loaded;
    await declareOrRetry();
    restartNeeded = changedButFixed(started, current.settings);
    if (restartNeeded.length > 0) events.emit({ type: 'restart.needed', settings: restartNeeded });
  }

  /** What was warned of already is not said again at every save. */
  function warnOf(loaded: ValidFile): void {
    const before = warnings;
    warnings = loaded.warnings.map(formatProblem);
    const fresh = warnings.filter((warning) => !before.includes(warning));
    if (fresh.length > 0) events.emit({ type: 'reload.warned', file, warnings: fresh });
  }

  // One at a time: two quick saves must not overtake each other on the way to the state.
  let queue: Promise<void> = Promise.resolve();
  function enqueue(work: () => Promise<void>): Promise<void> {
    queue = queue.then(work, work);
    return queue;
  }

  await declare();
  warnOf(first);
  const unwatchState = state.watch(take, trouble);
  const fileWatch = watchSettings(file, (loaded) => enqueue(() => receive(loaded)), { env, since: first });

  return {
    get settings() {
      return current.settings;
    },
    get live() {
      return live;
    },
    get problems() {
      return problems;
    },
    get reloads() {
      return reloads;
    },
    get restartNeeded() {
      return restartNeeded;
    },
    get stateTrouble() {
      return stateTrouble;
    },
    get conflicts() {
      return conflicts;
    },
    reload: async () => {
      const loaded = await loadAside(file, env);
      await enqueue(() => receive(loaded));
    },
    stop() {
      stopped = true;
      clearTimeout(again);
      fileWatch.close();
      unwatchState();
    },
  };
}
