import type { RedisConnection } from './redis-connection.ts';
import { groupsOf } from './redis-groups.ts';
import type { RedisKeys } from './redis-keys.ts';
import { after, comparePositions } from './redis-position.ts';
import type { Loss, Retention } from './retention.ts';

const mostAtOnce = 1_000;

export async function trimRedis(redis: RedisConnection, keys: RedisKeys, { keep, most }: Retention): Promise<Loss[]> {
  const [seconds] = (await redis.ask('TIME')) as [string];
  const old = `${Math.max(0, Number(seconds) * 1_000 - keep)}-0`;
  const names = new Set<string>();
  for (const stream of keys.streams) {
    const groups = await groupsOf(redis, stream);
    for (const { name } of groups) names.add(name);
    const floors = await Promise.all(
      groups.map(async ({ name, pending, lastDelivered }) => {
        const next = after(lastDelivered);
        if (pending === 0) return next;
        const [, first] = (await redis.ask('XPENDING', stream, name)) as [number, string | null];
        // What is pending may be behind what comes next: the group was moved back meanwhile.
        return first === null || comparePositions(next, first) < 0 ? next : first;
      }),
    );
    const [floor] = [old, ...floors].sort(comparePositions);
    await redis.ask('XTRIM', stream, 'MINID', floor!);
  }
  for (const name of names) await redis.ask('XTRIM', keys.dead(name), 'MAXLEN', most);
  return trimBeyond(redis, keys, most);
}

async function trimBeyond(redis: RedisConnection, keys: RedisKeys, most: number): Promise<Loss[]> {
  const lengths = await Promise.all(keys.streams.map((stream) => redis.ask('XLEN', stream)));
  const lost = new Map<string, number>();
  for (let excess = lengths.map(Number).reduce((sum, each) => sum + each, 0) - most; excess > 0; ) {
    const asked = Math.min(excess, mostAtOnce);
    const [gone, ...told] = (await redis.run('trimOldest', keys.streams, asked)) as [number, ...(string | number)[]];
    for (let i = 0; i < told.length; i += 2) {
      const group = String(told[i]);
      lost.set(group, (lost.get(group) ?? 0) + Number(told[i + 1]));
    }
    // Somebody else has let the rest go.
    if (gone === 0) break;
    excess -= gone;
  }
  return [...lost].map(([group, events]) => ({ group, events }));
}
