/**
 * What watches and moves the callers of a running proxy: the guard of every split, the conductor of rollouts, and whom
 * they tell. One for each proxy, in the process that follows the state; its workers only count.
 */
import type { LiveRoute } from '../domain/live.ts';
import type { ArmCount } from '../domain/rollout/arm-counts.ts';
import type { GateVerdict } from '../domain/rollout/decide.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import { isUnderWay } from '../domain/rollout/position.ts';
import type { Settings } from '../domain/settings.ts';
import type { Clock, EventSink, Evidence } from '../ports.ts';
import { Conductor } from '../rollout/conductor.ts';
import { GuardWatch } from '../rollout/guard-watch.ts';
import { ChapterLedger } from '../rollout/ledger.ts';
import { GateReader } from '../rollout/prometheus.ts';
import { transitionEvent, transitionOf } from '../rollout/transition.ts';
import { Webhooks } from '../rollout/webhooks.ts';
import type { Course } from './course.ts';
import type { EvidenceKeeper } from './evidence-keeper.ts';

const lookEvery = 1000;

/** ms that a stop waits for webhooks. */
const tellWithin = 2_000;

/** In the history, for what nobody did by hand. */
const who = 'strangler';

interface ConductingParts {
  readonly events: EventSink;
  readonly clock: Clock;
  readonly evidence: Pick<Evidence, 'arms' | 'read'>;
  readonly keeper: Pick<EvidenceKeeper, 'keep'>;
}

export interface Conducting {
  /** Called with what the arms did, by each process that serves callers. */
  readonly onArms: (counts: readonly ArmCount[]) => void;
  /** Called with what is in force each time it has changed, from the first time on. */
  apply(settings: Settings, live: readonly LiveRoute[], rollouts: readonly Rollout[]): void;
  /** Begins to look, and to change what is in force. */
  begin(course: Pick<Course, 'live' | 'rollouts' | 'change'>): void;
  /** The gates of a rollout under way, as they were judged last; `null` where they are not. */
  readonly gatesOf: (rollout: Rollout) => readonly GateVerdict[] | null;
  /** How often each route went back to legacy by its guard. */
  readonly guardTrips: ReadonlyMap<string, number>;
  readonly webhooksLost: number;
  /** Hands the last counts on; what no receiver has taken by then is lost. */
  stop(): Promise<void>;
}

export function createConducting({ events, clock, evidence, keeper }: ConductingParts): Conducting {
  const monotonic = (): number => performance.now();
  const ledger = new ChapterLedger();
  const gates = new GateReader({ events, monotonic });
  const webhooks = new Webhooks({ events, clock, settings: () => inForce?.settings.webhooks ?? [] });
  let inForce: { settings: Settings; live: readonly LiveRoute[]; rollouts: readonly Rollout[] } | null = null;
  let chapters: ReadonlyMap<string, string> = new Map();
  let course: Pick<Course, 'live' | 'rollouts' | 'change'> | null = null;
  let looking: NodeJS.Timeout | undefined;

  const goBack = (routes: readonly string[], reason: string) => course!.change({ kind: 'guard', routes, who, reason });
  const guard = new GuardWatch({
    events,
    monotonic,
    inForce: () => ({ routes: inForce?.settings.routes ?? [], live: inForce?.live ?? [] }),
    goBack: (route, reason) => goBack([route], reason),
  });
  const conductor = new Conductor({
    clock,
    monotonic,
    evidence,
    gates,
    inForce: () => ({ live: course!.live, rollouts: course!.rollouts }),
    change: (change) => course!.change(change),
    goBack,
    who,
  });

  function keep(): void {
    const arms = ledger.take();
    if (arms.length > 0) keeper.keep({ tallies: [], clusters: [], arms });
  }

  function look(): void {
    keep();
    guard.look();
    void conductor.look();
  }

  return {
    onArms(counts) {
      // What was begun before a step changed is counted to the new one: by assignment it is evidence for either.
      ledger.add(counts, (route) => chapters.get(route) ?? null);
      guard.see(counts);
    },
    apply(settings, live, rollouts) {
      const before = inForce?.rollouts ?? null;
      inForce = { settings, live, rollouts };
      chapters = chaptersOf(settings, live, rollouts);
      // What happened before the start is in the history: nobody is told of it twice.
      if (before === null) return;
      const known = new Map(before.map((rollout) => [rollout.name, rollout]));
      for (const rollout of rollouts) {
        const transition = transitionOf(known.get(rollout.name) ?? null, rollout);
        if (transition === null) continue;
        events.emit(transitionEvent(transition));
        webhooks.tell(transition);
      }
    },
    begin(following) {
      course = following;
      looking = setInterval(look, lookEvery).unref();
    },
    gatesOf(rollout) {
      const decided = conductor.decided.get(rollout.name);
      return isUnderWay(rollout) && typeof decided === 'object' ? decided.gates : null;
    },
    get guardTrips() {
      return guard.trips;
    },
    get webhooksLost() {
      return webhooks.lost;
    },
    async stop() {
      clearInterval(looking);
      keep();
      await Promise.all([webhooks.close(tellWithin), gates.close()]);
    },
  };
}

/**
 * By route: the chapter of the rollout under way that moves it. Where this proxy's file has another service than the
 * state, its callers go to that one by the file, and what they see is no evidence for the rollout.
 */
function chaptersOf(
  { routes }: Settings,
  live: readonly LiveRoute[],
  rollouts: readonly Rollout[],
): ReadonlyMap<string, string> {
  const services = new Map(routes.map(({ id, service }) => [id, service]));
  const ours = new Set(live.filter(({ route, service }) => services.get(route) === service).map(({ route }) => route));
  return new Map(
    rollouts
      .filter(isUnderWay)
      .flatMap(({ routes: moved, chapter }) =>
        moved.filter((route) => ours.has(route)).map((route) => [route, chapter] as const),
      ),
  );
}
