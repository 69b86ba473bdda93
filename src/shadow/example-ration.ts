import type { Example } from '../domain/evidence.ts';

const mostEachFlush = 2;
/** Characters of bodies and values in all examples of one flush. */
const mostTogether = 512 * 1024;
/** Once a cluster has as many as are kept, newer ones are of little use. */
const refreshEvery = 10_000;
const mostClusters = 2_000;

interface Share {
  given: number;
  lastAt: number;
  thisFlush: number;
}

/** Who gets an example: redacting and carrying one costs far more than counting a mismatch. */
export class ExampleRation {
  /** Examples that the state keeps of a cluster. */
  kept = 0;
  readonly #shares = new Map<string, Share>();
  #left = mostTogether;

  allows(cluster: string, at: number): boolean {
    if (this.#left <= 0 || this.kept === 0) return false;
    const share = this.#shares.get(cluster);
    if (share === undefined) return true;
    return share.thisFlush < mostEachFlush && (share.given < this.kept || at - share.lastAt >= refreshEvery);
  }

  used(cluster: string, at: number, example: Example): void {
    const share = this.#shares.get(cluster) ?? { given: 0, lastAt: at, thisFlush: 0 };
    this.#shares.set(cluster, { given: share.given + 1, lastAt: at, thisFlush: share.thisFlush + 1 });
    this.#left -= sizeOf(example);
    if (this.#shares.size > mostClusters) this.#shares.delete(this.#shares.keys().next().value!);
  }

  refill(): void {
    this.#left = mostTogether;
    for (const share of this.#shares.values()) share.thisFlush = 0;
  }
}

function sizeOf({ request, legacy, service, mismatches }: Example): number {
  let size = 2_000 + (request.body?.length ?? 0) + (legacy.body?.length ?? 0) + (service.body?.length ?? 0);
  for (const mismatch of mismatches) size += (mismatch.legacy?.length ?? 0) + (mismatch.service?.length ?? 0);
  return size;
}
