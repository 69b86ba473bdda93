import { setImmediate } from 'node:timers/promises';
import type { RouteEvidence } from '../domain/evidence.ts';
import type { Evidence, EvidenceQuery } from '../ports.ts';

/**
 * `{ routes: [] }` as JSON, in pieces: it may be tens of MiB, and callers are to be served between any two of them.
 * Rejects before the first piece when there is nothing to be had.
 */
export async function evidencePieces(read: Evidence['read'], query: EvidenceQuery): Promise<AsyncGenerator<Buffer>> {
  const outline = await read({ ...query, withoutExamples: true });
  return query.withoutExamples ? piecesOf([outline]) : piecesOf(oneByOne(read, query, outline));
}

/** What one route has is small enough to be taken over from another thread at once. */
async function* oneByOne(read: Evidence['read'], query: EvidenceQuery, outline: readonly RouteEvidence[]) {
  for (const route of new Set(outline.map((evidence) => evidence.route)))
    yield await read({ ...query, routes: [route] });
}

async function* piecesOf(
  parts: Iterable<readonly RouteEvidence[]> | AsyncIterable<readonly RouteEvidence[]>,
): AsyncGenerator<Buffer> {
  let before = '{"routes":[';
  for await (const part of parts) {
    for (const { clusters, ...rest } of part) {
      yield Buffer.from(`${before}${JSON.stringify(rest).slice(0, -1)},"clusters":[`);
      before = '';
      for (const cluster of clusters) {
        yield Buffer.from(before + JSON.stringify(cluster));
        before = ',';
        await setImmediate();
      }
      before = ']},';
    }
  }
  yield Buffer.from(before === '{"routes":[' ? '{"routes":[]}' : ']}]}');
}
