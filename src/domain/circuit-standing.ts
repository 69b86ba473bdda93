import type { CircuitPhase } from './circuit.ts';

/** A circuit that was opened since the start, as one process has it. */
export interface CircuitStanding {
  readonly target: string;
  /** `*`: of the target as a whole, which can't be reached. */
  readonly route: string;
  readonly phase: CircuitPhase;
  /** What it was opened for; empty while it is closed. */
  readonly why: string;
  /** How often it was opened. */
  readonly opened: number;
}

/** The same circuit over all processes. */
export interface CircuitReport {
  readonly target: string;
  readonly route: string;
  readonly why: string;
  readonly opened: number;
  /** How many processes have it so. */
  readonly phases: Readonly<Record<CircuitPhase, number>>;
}

export function circuitReports(all: readonly (readonly CircuitStanding[])[]): readonly CircuitReport[] {
  const reports = new Map<string, CircuitReport>();
  for (const { target, route, phase, why, opened } of all.flat()) {
    const key = JSON.stringify([target, route]);
    const before = reports.get(key);
    const phases = before?.phases ?? { closed: 0, open: 0, 'half-open': 0 };
    reports.set(key, {
      target,
      route,
      why: why || (before?.why ?? ''),
      opened: opened + (before?.opened ?? 0),
      phases: { ...phases, [phase]: phases[phase] + 1 },
    });
  }
  return [...reports.values()];
}
