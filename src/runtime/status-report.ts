/** What `GET /api/status` tells: the file, the state and the processes, each as far as it can be asked. */
import { circuitReports } from '../domain/circuit-standing.ts';
import { mergeInstances, mergeTroubles } from '../domain/instance-figures.ts';
import type { OutboxStanding } from '../domain/publishing/intent.ts';
import { rolloutStatuses } from '../domain/rollout/status.ts';
import { declaredRoutes, routeStatuses, type StatusReport } from '../domain/status.ts';
import { fallbacksOf, mergeFigures } from '../events/meter.ts';
import type { ProcessFigures } from '../events/metrics.ts';
import { version } from '../version.ts';
import type { Conducting } from './conducting.ts';
import type { Course } from './course.ts';
import type { Dispatching } from './dispatching.ts';
import type { Front, Listening } from './front.ts';

/** How far this proxy has come with serving callers. */
export interface Duty {
  listening: Listening | null;
  draining: boolean;
  /** ms since the epoch. */
  readonly startedAt: number;
}

interface StatusParts {
  readonly course: Course;
  readonly conducting: Conducting;
  readonly dispatching: Dispatching;
  readonly front: Front;
  readonly duty: Duty;
  readonly file: string;
}

export async function statusReport(parts: StatusParts): Promise<StatusReport> {
  const { course, conducting, dispatching, front, duty, file } = parts;
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
    outbox: await standingOf(dispatching),
    discovery: mergeTroubles(processes.map(({ discovery }) => discovery)),
  };
}

/** `null` where it can't be asked: that its outbox is away is no reason to say nothing else. */
export async function standingOf({ outbox }: Dispatching): Promise<OutboxStanding | null> {
  return outbox.standing().catch(() => null);
}

export function inFlight(processes: readonly ProcessFigures[]): number {
  return processes.flatMap(({ requests }) => requests).reduce((sum, series) => sum + series.inFlight, 0);
}
