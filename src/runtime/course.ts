/**
 * What is in force: the last valid routes.yaml and the live percents, and how a saved file or a change of the
 * state becomes it. Nothing here can take a running proxy down: what fails is reported, and the last good stays.
 */
import { stat } from 'node:fs/promises';
import { formatProblem, type Loaded, type ValidFile } from '../config/load.ts';
import { loadAside } from '../config/load-aside.ts';
import { watchSettings } from '../config/watch.ts';
import type { Contents, LiveRoute, Outcome } from '../domain/live.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import type { Settings } from '../domain/settings.ts';
import type { Clock, EventSink, State } from '../ports.ts';
import { type Order, reachAccord } from './accord.ts';
import { createHerald } from './herald.ts';
import { changedButFixed } from './restart.ts';

interface CourseParts {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly state: State;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly who: string;
  /** Called with everything that is in force, each time a part of it has changed. */
  readonly apply: (settings: Settings, live: readonly LiveRoute[], rollouts: readonly Rollout[]) => void;
}

export interface Course {
  readonly settings: Settings;
  readonly live: readonly LiveRoute[];
  /** Those under way and the last ended ones, as far as the state has told. */
  readonly rollouts: readonly Rollout[];
  /** Why the file as saved last is not in force; empty when it is. */
  readonly problems: readonly string[];
  readonly reloads: { readonly applied: number; readonly rejected: number };
  readonly restartNeeded: readonly string[];
  readonly stateTrouble: string | null;
  /** Routes of which the state follows another file, in words. */
  readonly conflicts: readonly string[];
  /** Shifts or rolls back; a rollback is in force even where the state can't take it. */
  change(order: Order): Promise<Outcome>;
  /** Reads the file again, and everything that it names. */
  reload(): Promise<void>;
  stop(): void;
}

/** ms between two looks whether a file that another one has overruled was saved again. */
const lookForSaveEvery = 1000;

/** Declares the first file, which is where a state that can't be read is an error, and follows file and state from then on. */
export async function setCourse(first: ValidFile, parts: CourseParts): Promise<Course> {
  const { file, env, state, events, clock, who } = parts;
  const herald = createHerald(state, events, clock.now());
  const started = first.settings;

  let current: ValidFile = first;
  /** The digest of what the file said last, valid or not. */
  let seen = first.digest;
  let problems: readonly string[] = [];
  let warnings: readonly string[] = [];
  let restartNeeded: readonly string[] = [];
  let reloads = { applied: 0, rejected: 0 };
  let stopped = false;

  // One at a time: two quick saves must not overtake each other on the way to the state.
  let queue: Promise<void> = Promise.resolve();
  function enqueue(work: () => Promise<void>): Promise<void> {
    queue = queue.then(work, work);
    return queue;
  }

  function apply({ settings }: ValidFile, { live, rollouts }: Contents): void {
    parts.apply(settings, live, rollouts);
    herald.tell();
  }

  async function receive(loaded: Loaded): Promise<void> {
    if (stopped) return;
    if (loaded.digest === seen) {
      if (loaded.ok && loaded.modifiedAt > current.modifiedAt) await saveAgain(loaded);
      return;
    }
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

  /** It says the same, and is newer: that counts where the state follows another file. */
  async function saveAgain(loaded: ValidFile): Promise<void> {
    current = loaded;
    if (accord.conflicts.length > 0) await accord.insist(loaded);
  }

  async function replaceCurrent(loaded: ValidFile): Promise<void> {
    current = loaded;
    await accord.follow(loaded);
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

  async function reload(): Promise<void> {
    const loaded = await loadAside(file, env);
    await enqueue(() => receive(loaded));
  }

  /** The watch goes by what the file says, and a file that is only touched says nothing new. */
  async function lookForSave(): Promise<void> {
    if (accord.conflicts.length === 0) return;
    const modifiedAt = (await stat(file).catch(() => null))?.mtimeMs ?? 0;
    if (modifiedAt > current.modifiedAt) await reload();
  }

  const accord = await reachAccord(first, { state, events, clock, who, apply, enqueue });
  warnOf(first);
  const fileWatch = watchSettings(file, (loaded) => enqueue(() => receive(loaded)), { env, since: first });
  const saveWatch = setInterval(() => void lookForSave(), lookForSaveEvery).unref();

  return {
    get settings() {
      return current.settings;
    },
    get live() {
      return accord.live;
    },
    get rollouts() {
      return accord.rollouts;
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
      return accord.trouble;
    },
    get conflicts() {
      return accord.conflicts;
    },
    change: (order) => accord.change(order),
    reload,
    stop() {
      stopped = true;
      clearInterval(saveWatch);
      fileWatch.close();
      accord.stop();
    },
  };
}
