/**
 * Keeps the state in accord with the file in force. Where the two can't be — the state is away, has lost rows, or
 * follows another file — callers are served by what was last known, and the difference is said aloud.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ValidFile } from '../config/load.ts';
import { applyChange } from '../domain/apply.ts';
import { agree } from '../domain/declare.ts';
import type { Change, Contents, DeclaredRoute, LiveRoute, Outcome } from '../domain/live.ts';
import { isProgress } from '../domain/rollout/become.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import { StateError } from '../domain/state-error.ts';
import { declaredRoutes } from '../domain/status.ts';
import type { Clock, EventSink, State } from '../ports.ts';
import { OwedRollbacks, type Rollback } from './owed-rollbacks.ts';

/** ms until the state is asked again, to take what it couldn't or to put back what it has lost. */
const declareAgainAfter = 1000;

/** ms that a rollback waits for the state: a lock that is held longer must not hold callers at a failing service. */
const rollbackWithin = 2000;
const heldWords =
  'the state could not take this yet: the proxy holds to it and writes it when it can, but a restart before that undoes it';

export type Order = Exclude<Change, { kind: 'declare' }>;

interface AccordParts {
  readonly state: State;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly who: string;
  /** Called with what is in force, each time a part of it has changed. That a rollout held on is no such change. */
  readonly apply: (file: ValidFile, contents: Contents) => void;
  /** Runs work after all work before it. */
  readonly enqueue: (work: () => Promise<void>) => Promise<void>;
}

interface Accord {
  readonly live: readonly LiveRoute[];
  readonly rollouts: readonly Rollout[];
  /** Why the state can't be reached or written; `null` while it can. */
  readonly trouble: string | null;
  /** Routes of which the state follows another file, in words. */
  readonly conflicts: readonly string[];
  /** Takes up a file that differs from the one before. */
  follow(file: ValidFile): Promise<void>;
  /** Takes the file up as a start would: its modification time decides against other files. */
  insist(file: ValidFile): Promise<void>;
  /** Has the state make a change. A rollback is in force even where the state can't take it. */
  change(order: Order): Promise<Outcome>;
  stop(): void;
}

/** Declares the first file, which is where a state that can't be read is an error. */
export async function reachAccord(first: ValidFile, parts: AccordParts): Promise<Accord> {
  const { state, events, clock, who, apply, enqueue } = parts;
  let current = first;
  /** The declaration that the state has taken last; `null` where the state's word stands for it. */
  let declared: ValidFile | null = null;
  let inForce: Contents = { live: [], rollouts: [] };
  /** As the state told them last: it tells the same object where only rollouts have changed. */
  let heard: readonly LiveRoute[] | null = null;
  let conflicts: ReadonlyMap<string, string> = new Map();
  let trouble: string | null = null;
  const owed = new OwedRollbacks(state, clock);
  let again: NodeJS.Timeout | undefined;
  let stopped = false;

  async function declare(): Promise<void> {
    const declaring = current;
    const outcome = await state.change({
      kind: 'declare',
      routes: declaredRoutes(declaring.settings.routes),
      previous: declared === null ? null : declaredRoutes(declared.settings.routes),
      declaredAt: declaring.modifiedAt,
      remembered: inForce.live,
      rememberedRollouts: inForce.rollouts,
      who,
    });
    declared = declaring;
    noteConflicts(outcome);
    take(outcome);
  }

  async function declareOrRetry(): Promise<void> {
    clearTimeout(again);
    try {
      await owed.pay();
      await declare();
      noteTrouble(null);
    } catch (error) {
      if (stopped) return;
      apply(current, inForce);
      noteTrouble(error as Error);
      declareLater();
    }
  }

  function declareLater(): void {
    clearTimeout(again);
    again = setTimeout(() => void enqueue(declareOrRetry), declareAgainAfter);
  }

  /** A row that is gone has not been shifted: it stays in force, as it was, until the state has it again. */
  function take({ live, rollouts }: Contents): void {
    const there = new Set(live.map(({ route }) => route));
    const wanted = new Set(current.settings.routes.map(({ id }) => id));
    const lost = inForce.live.filter(({ route }) => wanted.has(route) && !there.has(route));
    const known = new Set(rollouts.map(({ name }) => name));
    const lostToo = inForce.rollouts.filter(({ name, routes }) => {
      return !known.has(name) && routes.every((route) => lost.some((row) => row.route === route));
    });
    inForce = owed.over({ live: [...live, ...lost], rollouts: [...rollouts, ...lostToo] });
    apply(current, inForce);
  }

  async function change(order: Order): Promise<Outcome> {
    if (order.kind !== 'rollback' && order.kind !== 'guard') return state.change(order);
    const given = state.change(order);
    try {
      const outcome = await Promise.race([given, sleep(rollbackWithin, null, { ref: false })]);
      if (outcome !== null) return outcome;
    } catch (error) {
      if (!(error instanceof StateError) || error.code === 'closed') throw error;
      return hold(order, error);
    }
    // When it is taken late after all, it is not given again: somebody may have shifted meanwhile.
    given.then(
      () => owed.drop(order),
      () => undefined,
    );
    return hold(order, new StateError('unavailable', `the state has not answered for ${rollbackWithin / 1000} s`));
  }

  /** Whoever rolls back has callers to save, and a full disk must not be in the way. */
  function hold(order: Rollback, error: Error): Outcome {
    const outcome = applyChange(inForce, order, clock.now());
    noteTrouble(error);
    declareLater();
    if (outcome.entries.length > 0) {
      owed.add(order);
      events.emit({ type: 'rollback.held', routes: order.routes, who: order.who });
      take(inForce);
    }
    return { ...outcome, held: heldWords };
  }

  /** Someone else has changed the state. A fleet that takes up a new file is out of accord for a moment only. */
  function hear(live: readonly LiveRoute[], rollouts: readonly Rollout[]): void {
    const sameRows = live === heard;
    heard = live;
    // Every few seconds, while a rollout is under way: no request reads it, and building a snapshot is no small work.
    const told = sameRows ? owed.over({ live, rollouts }).rollouts : null;
    if (told !== null && heldOn(inForce.rollouts, told)) {
      inForce = { ...inForce, rollouts: told };
      return;
    }
    take({ live, rollouts });
    if (conflicts.size > 0 || !agrees(live, declaredRoutes(current.settings.routes))) declareLater();
  }

  function noteConflicts({ refused }: Outcome): void {
    const before = conflicts;
    conflicts = new Map(refused.map(({ route, message }) => [route, message]));
    for (const [route, message] of conflicts) {
      if (!before.has(route)) events.emit({ type: 'state.conflict', route, message });
    }
  }

  function noteTrouble(error: Error | null): void {
    const before = trouble;
    trouble = error === null ? null : error.message;
    if (error !== null && before !== error.message) events.emit({ type: 'state.unavailable', error: error.message });
    if (error === null && before !== null) events.emit({ type: 'state.recovered' });
  }

  try {
    await declare();
  } catch (error) {
    // A full disk at a restart: what it says of the live percents can be had all the same.
    take({ live: await state.read(), rollouts: await state.rollouts() });
    noteTrouble(error as Error);
    declareLater();
  }
  const unwatch = state.watch(hear, noteTrouble);

  return {
    get live() {
      return inForce.live;
    },
    get rollouts() {
      return inForce.rollouts;
    },
    get trouble() {
      return trouble;
    },
    get conflicts() {
      return [...conflicts.values()];
    },
    follow(file) {
      current = file;
      return declareOrRetry();
    },
    insist(file) {
      current = file;
      declared = null;
      return declareOrRetry();
    },
    change,
    stop() {
      stopped = true;
      clearTimeout(again);
      unwatch();
    },
  };
}

/** Whether time has passed for the same rollouts, and nothing else has happened to them. */
function heldOn(before: readonly Rollout[], after: readonly Rollout[]): boolean {
  const byName = new Map(before.map((rollout) => [rollout.name, rollout]));
  return (
    before.length === after.length &&
    after.every((rollout) => {
      const known = byName.get(rollout.name);
      return known !== undefined && isProgress(known, rollout);
    })
  );
}

/** Whether the state knows every route of the file, and as the file declares it. */
function agrees(rows: readonly LiveRoute[], wanted: readonly DeclaredRoute[]): boolean {
  const byRoute = new Map(rows.map((row) => [row.route, row]));
  return wanted.every((declared) => {
    const row = byRoute.get(declared.route);
    return row !== undefined && agree(row, declared);
  });
}
