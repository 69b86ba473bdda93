/**
 * Reads what the monolith has changed since the newest change that is known. Events tell the same sooner; this finds what
 * no event told: what a batch job of the monolith's wrote, or somebody by hand.
 */
import type { Database } from 'better-sqlite3';
import type { ExportClient, ToldPage } from '../../example/export/client.ts';
import { openCheckpoints } from './checkpoints.ts';
import type { Source } from './source.ts';

/** Read again each time: the monolith's clock may be set back a little, and a transaction ends after the time it bears. */
export const overlap = 60_000;

const batch = 500;

/** Resolves with how many rows were news; rejects when the monolith doesn't answer, and the next sweep begins where it was. */
export async function sweep(
  { kind, put }: Source,
  { db, monolith, signal }: { readonly db: Database; readonly monolith: ExportClient; readonly signal: AbortSignal },
): Promise<number> {
  const checkpoints = openCheckpoints(db);
  const known = checkpoints.of(kind);
  // What is being filled, by this process or another one, will come to these rows too.
  if (!known?.complete) return 0;

  const store = db.transaction(({ rows }: ToldPage): number => {
    const last = rows.at(-1)?.updatedAt as string | undefined;
    const current = checkpoints.of(kind);
    if (current && last !== undefined && last > current.newest)
      checkpoints.move(kind, current, { ...current, newest: last });
    return rows.filter((row) => put(row)).length;
  });

  const since = known.newest === '' ? undefined : new Date(Date.parse(known.newest) - overlap).toISOString();
  let news = 0;
  let after: string | undefined;
  for (;;) {
    const page = await monolith.page(kind, { ...(after ? { after } : { since }), limit: batch }, signal);
    news += store.immediate(page);
    if (!page.more) return news;
    after = page.next ?? undefined;
  }
}
