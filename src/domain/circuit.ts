/**
 * Whether a target that fails is asked: judged from what became of its requests, and from nothing else. `now` is ms by
 * any clock that never goes back.
 */
import type { CircuitSettings } from './policies.ts';

/** Each change of phase begins another era: what was let through in an earlier one says nothing any more. */
export type Circuit = Closed | Open | HalfOpen;

export type CircuitPhase = Circuit['phase'];

/** Everyone is let through. */
interface Closed {
  readonly phase: 'closed';
  readonly era: number;
  readonly failuresInARow: number;
  /** A request met a connection that had been closed meanwhile, and none was answered well since. */
  readonly excused: boolean;
  /** Of the slice of the window that is under way. */
  readonly asked: number;
  readonly failed: number;
  readonly sliceEnds: number;
  /** The slices before it, oldest first, as far as the window reaches back. */
  readonly past: readonly Slice[];
}

/** Nobody is, until then. */
interface Open {
  readonly phase: 'open';
  readonly era: number;
  readonly until: number;
  /** In words: what it was opened for. */
  readonly why: string;
}

/**
 * One request is out to try the target, and nobody else is let through before it is back, or has been out for so long that
 * it may never be: its caller need only go on sending. Then another one tries too, and whichever is back first is heard.
 */
interface HalfOpen {
  readonly phase: 'half-open';
  readonly era: number;
  readonly until: number;
  readonly why: string;
}

interface Slice {
  readonly ended: number;
  readonly asked: number;
  readonly failed: number;
}

/**
 * `none`: it ended for a reason that says nothing about the target, such as its caller's leaving. `stale`: a connection that
 * was kept is gone. That may happen to anyone, but a target that dies of what it is asked looks the same: it is no failure
 * once, and one when it happens again with nothing good in between.
 */
export type Verdict = 'good' | 'bad' | 'none' | 'stale';

/** The window moves on by this part of itself, so that a request is one addition and no list of times is kept. */
export const slicesOfAWindow = 10;

const nothing: readonly Slice[] = [];

export function closedCircuit(era = 0): Circuit {
  return { phase: 'closed', era, failuresInARow: 0, excused: false, asked: 0, failed: 0, sliceEnds: 0, past: nothing };
}

/** Whether a request may be sent now. One that may is announced by {@link entered}. */
export function admits(circuit: Circuit, now: number): boolean {
  return circuit.phase === 'closed' || now >= circuit.until;
}

/**
 * Lets one request through, which goes by the era of what this returns. Where that is not closed it is a probe; `until`: how
 * long it keeps everyone else out.
 */
export function entered(circuit: Circuit, until: number): Circuit {
  if (circuit.phase === 'closed') return circuit;
  const { phase, era, why } = circuit;
  return { phase: 'half-open', era: phase === 'open' ? era + 1 : era, until, why };
}

/** What became of a request that was let through in this era. */
export function judged(
  circuit: Circuit,
  era: number,
  verdict: Verdict,
  settings: CircuitSettings,
  now: number,
): Circuit {
  if (era !== circuit.era) return circuit;
  if (circuit.phase === 'half-open') return probed(circuit, verdict, settings, now);
  if (circuit.phase === 'open' || verdict === 'none') return circuit;
  if (verdict === 'stale' && !circuit.excused) return { ...circuit, excused: true };
  const counted = count(circuit, verdict !== 'good', settings, now);
  const why = verdict === 'good' ? null : reasonToOpen(counted, settings);
  return why === null ? counted : { phase: 'open', era: era + 1, until: now + settings.reset, why };
}

function probed({ era, why }: HalfOpen, verdict: Verdict, { reset }: CircuitSettings, now: number): Circuit {
  if (verdict === 'good') return closedCircuit(era + 1);
  // A probe that told nothing has cost no time: the next request is one.
  return { phase: 'open', era: era + 1, until: verdict === 'none' ? now : now + reset, why };
}

function count(circuit: Closed, isFailure: boolean, { window }: CircuitSettings, now: number): Closed {
  const failed = isFailure ? 1 : 0;
  const failuresInARow = isFailure ? circuit.failuresInARow + 1 : 0;
  const excused = isFailure && circuit.excused;
  const { phase, era } = circuit;
  if (now < circuit.sliceEnds) {
    const { sliceEnds, past } = circuit;
    const asked = circuit.asked + 1;
    return { phase, era, failuresInARow, excused, asked, failed: circuit.failed + failed, sliceEnds, past };
  }
  const slice = { ended: circuit.sliceEnds, asked: circuit.asked, failed: circuit.failed };
  const past = [...circuit.past, slice].filter(({ ended, asked }) => asked > 0 && ended > now - window);
  return { phase, era, failuresInARow, excused, asked: 1, failed, sliceEnds: now + window / slicesOfAWindow, past };
}

function reasonToOpen({ failuresInARow, asked, failed, past }: Closed, settings: CircuitSettings): string | null {
  if (failuresInARow >= settings.failures) return `${failuresInARow} failures in a row`;
  const allAsked = past.reduce((sum, slice) => sum + slice.asked, asked);
  if (allAsked < settings.volume) return null;
  const allFailed = past.reduce((sum, slice) => sum + slice.failed, failed);
  if (allFailed * 100 < allAsked * settings.rate) return null;
  return `${allFailed} of ${allAsked} failed within ${settings.window / 1000} s`;
}
