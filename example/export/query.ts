/**
 * What can be asked of an export, the monolith's and each service's: all rows in the order of their last change, page by
 * page, or a few that are named. A cursor says behind which row a page begins; it stays good for ever.
 */
export interface ExportQuery {
  /** Where to begin; `null`: with the first row there is. */
  readonly from: Position | null;
  /** Only these. */
  readonly ids: readonly string[] | null;
  /** Only what this order speaks of. */
  readonly order: number | null;
  readonly limit: number;
  /** Whether to count what is left behind the page, which costs the database more than the page does. */
  readonly count: boolean;
}

/** Behind the row that was changed at this ISO time and has this key; `null`: before all rows of that time. */
export interface Position {
  readonly at: string;
  readonly key: string | number | null;
}

export interface ExportPage<Row> {
  readonly rows: readonly Row[];
  /** Behind the last row; the cursor that was given where there is none. */
  readonly next: string | null;
  readonly more: boolean;
  /** Rows behind this page, where it was asked for. */
  readonly left?: number;
}

/** The message is for whoever asked. */
export class BadExportQuery extends Error {}

const usual = 100;
const most = 1000;
const mostIds = 100;

/** Throws a {@link BadExportQuery}. */
export function readExportQuery(query: URLSearchParams): ExportQuery {
  const given = new Set(query.keys());
  const unknown = [...given].find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new BadExportQuery(`There is no ${unknown.slice(0, 40)}; there are ${[...known].join(', ')}.`);
  const ways = ['after', 'since', 'ids', 'order'].filter((name) => given.has(name));
  if (ways.length > 1) throw new BadExportQuery(`${ways.join(' and ')} exclude each other.`);
  const order = query.get('order');
  return {
    from: positionOf(query),
    ids: idsOf(query.get('ids')),
    order: order === null ? null : wholeNumber(order, 'order'),
    limit: Math.min(wholeNumber(query.get('limit') ?? String(usual), 'limit'), most),
    count: query.get('count') === 'true',
  };
}

const known = new Set(['after', 'since', 'ids', 'order', 'limit', 'count']);

function positionOf(query: URLSearchParams): Position | null {
  const after = query.get('after');
  if (after !== null) return positionFrom(after);
  const since = query.get('since');
  if (since === null) return null;
  const at = Date.parse(since);
  if (Number.isNaN(at)) throw new BadExportQuery('since has to be a time such as 2026-01-31T12:00:00Z.');
  return { at: new Date(at).toISOString(), key: null };
}

export const cursorOf = ({ at, key }: Position): string => Buffer.from(JSON.stringify([at, key])).toString('base64url');

function positionFrom(cursor: string): Position {
  try {
    const [at, key, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    const isKey = key === null || typeof key === 'string' || Number.isSafeInteger(key);
    if (typeof at === 'string' && isKey && rest.length === 0) return { at, key: key as Position['key'] };
  } catch {
    // As bad as a readable one with something else in it.
  }
  throw new BadExportQuery('after has to be the next of an earlier page.');
}

function idsOf(text: string | null): string[] | null {
  if (text === null) return null;
  const ids = text.split(',').filter((id) => id !== '');
  if (ids.length === 0 || ids.length > mostIds) throw new BadExportQuery(`ids takes 1 to ${mostIds} of them.`);
  return ids;
}

function wholeNumber(text: string, name: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new BadExportQuery(`${name} has to be a whole number from 1.`);
  return Number(text);
}
