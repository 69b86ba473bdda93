import type { RedisConnection } from './redis-connection.ts';
import { type RedisEntry, readEntry, type StoredEntry } from './redis-entry.ts';
import { comparePositions } from './redis-position.ts';

const page = 100;

/** The entries of several streams as one, behind a position and on, or from the end backwards. */
export async function* inOrder(
  redis: RedisConnection,
  streams: readonly string[],
  from: string,
  backwards: boolean,
): AsyncGenerator<StoredEntry> {
  const compare = backwards ? (a: string, b: string) => comparePositions(b, a) : comparePositions;
  for (let end = backwards ? '+' : from; ; ) {
    const pages = await Promise.all(
      streams.map(async (stream) => {
        const range = backwards ? ['XREVRANGE', stream, end, from] : ['XRANGE', stream, end, '+'];
        const [command, ...words] = range as [string, ...string[]];
        return (await redis.ask(command, ...words, 'COUNT', page)) as RedisEntry[];
      }),
    );
    // A stream of which there is more is known up to its last entry, and so is the whole.
    const full = pages.filter((entries) => entries.length === page).map((entries) => entries.at(-1)![0]);
    const horizon = full.sort(compare)[0];
    const known = pages.flat().filter(([id]) => horizon === undefined || compare(id, horizon) <= 0);
    yield* known.sort(([a], [b]) => compare(a, b)).map(readEntry);
    if (horizon === undefined) return;
    end = `(${horizon}`;
  }
}
