/** What Redis knows of groups: XINFO of each partition's stream, added up. */
import type { DeadLetter, GroupStanding } from '../ports.ts';
import { letterEvent } from './dead-letter.ts';
import type { RedisConnection } from './redis-connection.ts';
import { fieldOf, pairs, type RedisEntry } from './redis-entry.ts';
import type { RedisKeys } from './redis-keys.ts';

export interface StreamGroup {
  readonly name: string;
  readonly pending: number;
  readonly lastDelivered: string;
  /** `null` where Redis does not know, as after a group was moved. */
  readonly lag: number | null;
}

export async function makeGroup(redis: RedisConnection, keys: RedisKeys, group: string): Promise<void> {
  const making = keys.streams.map((stream) =>
    redis.ask('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM').catch((error: Error) => {
      if (!error.message.includes('BUSYGROUP')) throw error;
    }),
  );
  await Promise.all(making);
}

/** A stream that is not there yet has none. */
export async function groupsOf(redis: RedisConnection, stream: string): Promise<readonly StreamGroup[]> {
  const told = (await redis.ask('XINFO', 'GROUPS', stream).catch((error: Error) => {
    if (error.message.includes('no such key')) return [];
    throw error;
  })) as unknown[][];
  return told.map((flat) => {
    const info = pairs(flat);
    const lag = info.get('lag');
    return {
      name: String(info.get('name')),
      pending: Number(info.get('pending')),
      lastDelivered: String(info.get('last-delivered-id')),
      lag: lag === null || lag === undefined ? null : Number(lag),
    };
  });
}

export async function standings(redis: RedisConnection, keys: RedisKeys): Promise<GroupStanding[]> {
  const lags = new Map<string, number>();
  const counting = keys.streams.map(async (stream) => {
    for (const { name, pending, lastDelivered, lag } of await groupsOf(redis, stream)) {
      const behind = lag ?? ((await redis.run('count', [stream], `(${lastDelivered}`, name)) as number);
      lags.set(name, (lags.get(name) ?? 0) + pending + behind);
    }
  });
  await Promise.all(counting);
  const names = [...lags.keys()].sort();
  return Promise.all(
    names.map(async (group) => {
      const deadLetters = Number(await redis.ask('XLEN', keys.dead(group)));
      return { group, lag: lags.get(group) ?? 0, deadLetters };
    }),
  );
}

export async function deadLettersOf(redis: RedisConnection, keys: RedisKeys, group: string): Promise<DeadLetter[]> {
  const entries = (await redis.ask('XRANGE', keys.dead(group), '-', '+')) as RedisEntry[];
  return entries.map(([id, fields]) => {
    const at = Number(fieldOf(fields, 'at'));
    const event = letterEvent(fieldOf(fields, 'event') ?? '', at);
    const attempts = Number(fieldOf(fields, 'attempts'));
    return { id: `${group}:${id}`, group, event, attempts, error: fieldOf(fields, 'error') ?? '', at };
  });
}
