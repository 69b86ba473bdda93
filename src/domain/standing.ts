/** Which clusters count against a service, and which don't and why. */
import { type ClusterRecord, type Judgement, signatureOf, type Tally } from './evidence.ts';
import { percentOf } from './figures.ts';
import { findingsOf, noiseOf } from './proposal.ts';
import type { ClusterReport, Standing } from './report-model.ts';

/** Pairs of legacy's own answers below which what they differ in may be chance. */
const fewestPairs = 30;

/**
 * Diffy's thresholds: a place in which legacy differs from itself counts only where the service differs clearly more
 * often. `raw` and `self` are shares from 0 to 1.
 */
export function isNoise(raw: number, self: number): boolean {
  if (self <= 0) return false;
  return !((raw - self) / (raw + self) > 0.2 && raw - self > 0.0003);
}

export function isExpired(judgement: Judgement | null, at: number): boolean {
  return judgement?.word === 'ignored' && judgement.until <= at;
}

interface Seen {
  readonly tallies: readonly Tally[];
  readonly compared: number;
  readonly at: number;
  /** The tallies are all that there is within what is kept. */
  readonly whole: boolean;
}

export function clusterReports(records: readonly ClusterRecord[], seen: Seen): ClusterReport[] {
  const selfDiffering = noiseOf(seen.tallies);
  const { pairs } = selfDiffering;
  const advice = new Map(
    findingsOf(selfDiffering).map((found) => [signatureOf(found.kind, found.pattern), found.sentence]),
  );
  const shown = countsShown(seen.tallies);
  const begin = seen.tallies.reduce((first, { window }) => Math.min(first, window), Number.POSITIVE_INFINITY);
  return records.map((record): ClusterReport => {
    const { id, kind, pattern, firstSeen, lastSeen, persistent, race, noise, judgement, examples } = record;
    // A cluster's own count may go further back than the tallies, which are asked for or kept since some time only.
    const reachesBack = seen.whole && firstSeen >= begin;
    const count = reachesBack ? record.count : Math.min(record.count, (shown.get(id) ?? 0) + (shown.get('') ?? 0));
    const signature = signatureOf(kind, pattern);
    const self = selfDiffering.differing[signature]?.count ?? 0;
    const expired = isExpired(judgement, seen.at);
    return {
      id,
      kind,
      pattern,
      count,
      percent: percentOf(count, seen.compared),
      firstSeen,
      lastSeen,
      secondLook: { persistent, race, noise },
      standing: standingOf(
        expired ? null : judgement,
        record,
        rateOf(count, seen.compared),
        pairs < fewestPairs ? 0 : rateOf(self, pairs),
      ),
      judgement,
      expired,
      self: pairs === 0 ? null : { pairs, count: self, percent: percentOf(self, pairs) },
      advice: advice.get(signature) ?? null,
      examples: examples.toSorted((one, other) => other.at - one.at),
    };
  });
}

function standingOf(judgement: Judgement | null, seen: ClusterRecord, raw: number, self: number): Standing {
  if (judgement !== null) return judgement.word;
  // What a second look explained each time was never counted.
  if (seen.count === 0 && seen.noise > 0) return 'noise';
  if (seen.count === 0 && seen.race > 0) return 'race';
  return isNoise(raw, self) ? 'noise' : 'counts';
}

/** In how many comparisons each cluster was seen, as far as they are kept apart; the others are under `''`. */
function countsShown(tallies: readonly Tally[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { combinations } of tallies) {
    for (const [combination, count] of Object.entries(combinations)) {
      for (const id of combination.split(' ')) counts.set(id, (counts.get(id) ?? 0) + count);
    }
  }
  return counts;
}

function rateOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
