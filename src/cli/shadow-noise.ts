import type { NoiseTally } from '../domain/evidence.ts';
import { noiseOf, noiseSince, noNoise } from '../domain/proposal.ts';
import type { Settings } from '../domain/settings.ts';
import { type EvidenceControl, openEvidenceControl } from './evidence-control.ts';

/** What legacy is seen to differ in from itself, from now on. */
interface NoiseWatch {
  read(): Promise<NoiseTally>;
  close(): Promise<void>;
}

/** @param from ms since the epoch. The window that is open then has counts already: they are left out. */
export async function watchNoise(settings: Settings, route: string, from: number): Promise<NoiseWatch> {
  let evidence: EvidenceControl | null = null;

  /** By fingerprint: what other rules have left over is counted apart. Nobody may have recorded anything yet. */
  async function counts(): Promise<ReadonlyMap<string, NoiseTally>> {
    evidence ??= await openEvidenceControl(settings);
    const found = (await evidence?.read({ routes: [route], since: from, withoutExamples: true })) ?? [];
    return new Map(found.map(({ fingerprint, tallies }) => [fingerprint, noiseOf(tallies)]));
  }

  const before = await counts();
  return {
    async read() {
      for (const [fingerprint, noise] of await counts()) {
        const grown = noiseSince(before.get(fingerprint) ?? noNoise, noise);
        if (grown.pairs > 0) return grown;
      }
      return noNoise;
    },
    async close() {
      await evidence?.close();
    },
  };
}
