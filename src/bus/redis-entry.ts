/** An entry of a stream as it comes from Redis: its id, and names and values in turn. */
export type RedisEntry = readonly [id: string, fields: readonly string[]];

export interface StoredEntry {
  readonly position: string;
  readonly text: string;
  /** The only group that it is for: it was one of its dead letters. */
  readonly onlyFor: string | null;
}

/** An entry of somebody else's is told as what it is, and is no event. */
export function readEntry([position, fields]: RedisEntry): StoredEntry {
  const event = fieldOf(fields, 'event');
  return { position, text: event ?? JSON.stringify(fields), onlyFor: fieldOf(fields, 'for') };
}

export function fieldOf(fields: readonly string[], name: string): string | null {
  for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i] === name) return fields[i + 1]!;
  return null;
}

/** What Redis tells of something as names and values in turn. */
export function pairs(flat: readonly unknown[]): ReadonlyMap<string, unknown> {
  const map = new Map<string, unknown>();
  for (let i = 0; i + 1 < flat.length; i += 2) map.set(String(flat[i]), flat[i + 1]);
  return map;
}
