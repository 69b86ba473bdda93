/** Holds one kind of thing against the monolith's: all that the monolith has, then all that the service has. */
import { setTimeout as sleep } from 'node:timers/promises';
import { nextPace, type Pace } from '../../extracted-services/shared/pace.ts';
import { type ExportClient, ExportError, type ExportedRow, type PageQuery, type ToldPage } from '../export/client.ts';
import { differingFields } from './compare.ts';
import { type Drift, DriftCount } from './drift.ts';

export interface Kind {
  /** As both exports name it. */
  readonly kind: string;
  /** Which of a row's fields is its id. */
  readonly key: string;
  /** What a service makes itself has ids from here on; absent where it makes none. */
  readonly firstOwn?: number;
}

export interface Sides {
  readonly legacy: ExportClient;
  readonly service: ExportClient;
  readonly signal: AbortSignal;
  /** Only what was changed at this ISO time or later. */
  readonly since: string | undefined;
  /** About so many rows of each side; absent: all. */
  readonly sample: number | undefined;
  /** ms in which a change may be on its way. */
  readonly grace: number;
  readonly onProgress: (reached: { readonly done: number; readonly total: number }) => void;
}

/** As many as can be asked for by name at once. */
const batch = 100;
const refusals = 4;

/** Rejects with an `ExportError` where a side can't be asked. */
export async function verifyKind({ kind, key, firstOwn }: Kind, sides: Sides): Promise<Drift> {
  const { signal, since, sample, grace, onProgress } = sides;
  const count = new DriftCount(kind);
  const idOf = (row: ExportedRow): string => String(row[key]);
  const isOwn = (row: ExportedRow): boolean => firstOwn !== undefined && Number(row[key]) >= firstOwn;

  // By the monolith's clock: all times of its rows, in both databases, are by that one.
  let settledUntil: number | undefined;
  const isFresh = (row: ExportedRow | undefined): boolean =>
    row !== undefined && Date.parse(String(row.updatedAt)) > settledUntil!;
  let [done, total] = [0, 0];

  /** Every row of one side, and of each what the other one says of it. */
  const walk = async (
    [from, against]: readonly [ExportClient, ExportClient],
    judge: (row: ExportedRow, other: ExportedRow | undefined) => void,
  ): Promise<void> => {
    const ask = patiently(signal);
    let after: string | undefined;
    let share: number | undefined;
    for (;;) {
      const page = await ask(from, kind, {
        ...(after ? { after } : { since }),
        limit: batch,
        count: share === undefined,
      });
      settledUntil ??= page.toldAt - grace;
      if (share === undefined) {
        const rows = page.rows.length + (page.left ?? 0);
        // Until the other side has been asked, it has as many.
        total = from === sides.legacy ? 2 * rows : done + rows;
        share = sample === undefined ? 1 : sample / Math.max(1, rows);
      }
      const looked = page.rows.filter((row) => !(from === sides.service && isOwn(row)) && Math.random() < share!);
      for (const row of page.rows) if (from === sides.service && isOwn(row)) count.add('own');
      const named = looked.length === 0 ? [] : (await ask(against, kind, { ids: looked.map(idOf), limit: batch })).rows;
      const others = new Map(named.map((row) => [idOf(row), row]));
      for (const row of looked) judge(row, others.get(idOf(row)));
      done += page.rows.length;
      onProgress({ done, total });
      if (!page.more) return;
      after = page.next ?? undefined;
    }
  };

  await walk([sides.legacy, sides.service], (row, other) => {
    // What changes while it is looked at, on either side, is for the next time.
    if (isFresh(row) || isFresh(other)) count.add('fresh');
    else if (!other) count.found('missing', idOf(row));
    else {
      const fields = differingFields(row, other);
      if (fields.length === 0) count.add('same');
      else count.found('differing', idOf(row), fields);
    }
  });
  await walk([sides.service, sides.legacy], (row, other) => {
    if (other === undefined && !isFresh(row)) count.found('extra', idOf(row));
  });
  return count.drift;
}

type Ask = (of: ExportClient, kind: string, query: PageQuery) => Promise<ToldPage>;

/** Leaves both sides half of the time, and waits for one that has no time. */
function patiently(signal: AbortSignal): Ask {
  let pace: Pace = { batch, pause: 0 };
  return async (of, kind, query) => {
    for (let refused = 1; ; refused += 1) {
      await sleep(pace.pause, undefined, { signal });
      const asked = performance.now();
      try {
        const page = await of.page(kind, query, signal);
        pace = nextPace(pace, { kind: 'answered', took: performance.now() - asked }, batch);
        return page;
      } catch (error) {
        if (!(error instanceof ExportError) || !error.passes || refused === refusals) throw error;
        pace = nextPace(pace, { kind: 'refused', after: error.retryAfter }, batch);
      }
    }
  };
}
