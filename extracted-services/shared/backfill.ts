/**
 * Fills a service's database from the monolith's export, batch by batch. Killed anywhere and started again it goes on
 * where it was: nothing is stored twice, nothing is missing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { type ExportClient, ExportError, type ToldPage } from '../../example/export/client.ts';
import { type Checkpoint, openCheckpoints } from './checkpoints.ts';
import { nextPace, type Pace } from './pace.ts';
import type { Source } from './source.ts';

export interface Filling {
  readonly db: Database;
  readonly monolith: ExportClient;
  /** Rows a batch, at most. */
  readonly batch: number;
  readonly signal: AbortSignal;
  readonly onBatch?: (filled: Filled) => void;
  /** The monolith can't be asked just now; it is asked again in `wait` ms. */
  readonly onTrouble?: (error: ExportError, wait: number) => void;
  /** So many refusals in a row are the end of it; it rejects with the last one. */
  readonly refusals: number;
}

export interface Filled {
  readonly kind: string;
  /** Rows stored, by this run and by those before it. */
  readonly rows: number;
  /** Rows stored by this run. */
  readonly now: number;
  /** Rows still to come, as far as the monolith has told. */
  readonly left: number;
}

/** Resolves when the end has been reached, now or by an earlier run; rejects when `signal` says so. */
export async function backfill({ kind, put }: Source, filling: Filling): Promise<Filled> {
  const { db, monolith, batch, signal, onBatch, onTrouble } = filling;
  const checkpoints = openCheckpoints(db);
  let pace: Pace = { batch, pause: 0 };
  let refused = 0;
  let now = 0;
  let left: number | undefined;

  const store = db.transaction((from: Checkpoint | undefined, page: ToldPage): boolean => {
    const newest = page.rows.at(-1)?.updatedAt as string | undefined;
    const to: Checkpoint = {
      cursor: page.next ?? '',
      rows: (from?.rows ?? 0) + page.rows.length,
      newest: newest ?? from?.newest ?? '',
      complete: !page.more,
    };
    if (!checkpoints.move(kind, from, to)) return false;
    for (const row of page.rows) put(row);
    return true;
  });

  for (;;) {
    const known = checkpoints.of(kind);
    if (known?.complete) return { kind, rows: known.rows, now, left: 0 };
    const asked = performance.now();
    try {
      const after = known?.cursor || undefined;
      // Counting costs the monolith more than the page: once is enough to know how far it is.
      const page = await monolith.page(kind, { after, limit: pace.batch, count: left === undefined }, signal);
      pace = nextPace(pace, { kind: 'answered', took: performance.now() - asked }, batch);
      refused = 0;
      left = page.left ?? Math.max(0, (left ?? 0) - page.rows.length);
      // IMMEDIATE: another process may be at the same, and is waited for before anything is read.
      if (store.immediate(known, page)) {
        now += page.rows.length;
        onBatch?.({ kind, rows: (known?.rows ?? 0) + page.rows.length, now, left });
      }
      if (!page.more) continue;
    } catch (error) {
      if (!(error instanceof ExportError) || !error.passes) throw error;
      refused += 1;
      if (refused >= filling.refusals) throw error;
      pace = nextPace(pace, { kind: 'refused', after: error.retryAfter }, batch);
      onTrouble?.(error, pace.pause);
    }
    await sleep(pace.pause, undefined, { signal });
  }
}
