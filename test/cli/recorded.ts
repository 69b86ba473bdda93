/** Evidence in a folder's state, as a proxy would have left it there. */
import { join } from 'node:path';
import { type EvidenceBatch, windowSpan } from '../../src/domain/evidence.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import { openEvidence } from '../../src/state/open-evidence.ts';
import { aCluster, aHistogram, anExample, aTally } from '../report/an-evidence.ts';
import { compiledEvidenceWorker } from '../state/place.ts';
import type { Folder } from './strangler.ts';

/** As routes.yaml has it now: evidence of anything else is of a route that has changed since. */
export async function fingerprintsOf(f: Folder): Promise<ReadonlyMap<string, string>> {
  const { loadSettings } = await import('../../src/config/load.ts');
  const loaded = await loadSettings(f.file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return new Map(loaded.settings.routes.map(({ id, fingerprint }) => [id, fingerprint]));
}

export async function record(f: Folder, ...batches: readonly EvidenceBatch[]): Promise<void> {
  const state = { kind: 'sqlite', path: join(f.path, '.strangler/state.db') } as const;
  const evidence = await openEvidence(state, defaultEvidence, { now: Date.now }, compiledEvidenceWorker);
  try {
    for (const batch of batches) await evidence.record(batch);
  } finally {
    await evidence.close();
  }
}

/** The last whole minute. */
export const lately = (): number => Math.floor(Date.now() / windowSpan) * windowSpan - windowSpan;

/** Distinct enough for nobody to warn of repeats. */
const hashes = (count: number): number[] => Array.from({ length: count }, (_, i) => (i * 2654435761) >>> 0);

/** `order-read` as the example has it with its mistakes; with none of them 3,100 that matched. */
export function aBatch(fingerprint: string, { troubled = true, route = 'order-read' } = {}): EvidenceBatch {
  const at = lately();
  const common = { route, fingerprint, firstSeen: at + 1000, lastSeen: at + 30_000 };
  const example = anExample({ at: at + 30_000 });
  const { judgement: _total, ...total } = aCluster('value', '$.total', { ...common, count: 96, examples: [example] });
  const { judgement: _note, ...note } = aCluster('missing', '$.note', { ...common, count: 36, examples: [example] });
  const both = [total.id, note.id].sort().join(' ');
  const tally = aTally({
    route,
    fingerprint,
    window: at,
    compared: 3100,
    matchedByRules: 412,
    skipped: { 'not-sampled': 180, aborted: 2 },
    combinations: troubled ? { [total.id]: 72, [both]: 24, [note.id]: 12 } : {},
    urls: hashes(900),
    callers: hashes(80),
    latency: {
      legacy: aHistogram(...Array.from({ length: 3100 }, (_, i) => 9 + ((i * 7) % 23) + (i % 17 === 0 ? 60 : 0))),
      service: aHistogram(...Array.from({ length: 3100 }, (_, i) => 3 + ((i * 5) % 11) + (i % 29 === 0 ? 30 : 0))),
    },
  });
  return { tallies: [tally], clusters: troubled ? [total, note] : [] };
}
