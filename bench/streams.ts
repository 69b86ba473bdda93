/**
 * What a bus carries from one producer to three consumers of one group, each in a process of its own:
 *
 *   1. carry    as much as there is room for, at most so many events under way: how many are handled a second
 *   2. latency  a quarter of that, at an even pace: from `publish` to the beginning of a handler
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { CloudEvent } from '../src/domain/cloud-event.ts';
import { type EventBus, openEventBus } from '../src/events.ts';
import { describe } from './machine.ts';
import { versionOf } from './peers/peer.ts';
import { program } from './places.ts';
import { freePort } from './processes.ts';
import type { StageOptions } from './stage.ts';
import { figureOf } from './statistics.ts';
import { startRedis } from './streams/redis.ts';
import { short, table } from './table.ts';
import { wallClock } from './wall-clock.ts';

interface Place {
  readonly name: string;
  readonly location: string;
}

interface Sample {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const batches = [1, 100];
const consumers = 3;
const subjects = 1_000;
/** Events that were published and not handled yet: more of them only make a queue. */
const mostUnderWay = 2_000;
const publishesAtOnce = 32;

/** Markdown. */
export async function benchStreams(options: StageOptions): Promise<string> {
  const { rounds, machine, folder, progress } = options;
  const places: Place[] = [{ name: 'SQLite', location: `sqlite:${join(folder, 'streams.db')}` }];
  const version = versionOf('redis-server', ['--version'], /v=(\S+)/);
  const redis = version === null ? null : await startRedis(await freePort(), folder);
  if (redis === null) progress('streams: redis-server is not installed here');
  else places.push({ name: `Redis ${version}, appendfsync everysec`, location: redis.url });
  try {
    const rows: string[][] = [];
    for (const batch of batches) {
      for (const place of places) {
        const samples: Sample[] = [];
        for (let round = 0; round < rounds; round++) {
          samples.push(await measure(place, batch, options));
          progress(
            `streams ${round + 1}/${rounds}  ${place.name}, ${batch} at a time  ${short(samples.at(-1)!.perSecond)}/s`,
          );
        }
        const middle = (of: (sample: Sample) => number): string => short(figureOf(samples.map(of)).median);
        rows.push([
          `${place.name}, ${batch} at a time`,
          middle((s) => s.perSecond),
          middle((s) => s.p50),
          middle((s) => s.p99),
        ]);
      }
    }
    const facts = `${describe(machine)}. One producer, ${consumers} consumers, medians of ${rounds} rounds.`;
    return `${facts}\n\n${table(['from `publish` to the handler', 'events/s', 'p50 ms', 'p99 ms'], rows)}`;
  } finally {
    await redis?.stop();
  }
}

async function measure({ location }: Place, batch: number, { seconds }: StageOptions): Promise<Sample> {
  // A file has one stream; a group of its own hears what was there before, so each has a file or a stream of its own.
  const run = `bench-${Date.now()}`;
  const place = location.startsWith('sqlite:') ? `${location}-${run}` : location;
  const bus = await openEventBus(place, { stream: run });
  const heard: number[] = [];
  const children: ChildProcess[] = [];
  try {
    for (let i = 0; i < consumers; i++) children.push(await startConsumer([place, run, 'bench'], heard));
    // They divide the partitions among themselves, which takes a beat of their leases.
    const warmUp = new Publisher(bus, batch, heard);
    await warmUp.fill(3);
    const full = new Publisher(bus, batch, heard);
    const perSecond = await full.fill(seconds);
    heard.length = 0;
    const paced = new Publisher(bus, batch, heard);
    await paced.pace(perSecond / 4, seconds);
    const sorted = [...heard].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
    return { perSecond, p50: at(0.5), p99: at(0.99) };
  } finally {
    for (const child of children) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await bus.close();
  }
}

async function startConsumer(words: readonly string[], heard: number[]): Promise<ChildProcess> {
  const child = fork(program('stream-consumer'), words);
  child.on('message', ({ latencies }: { latencies?: number[] }) => {
    if (latencies !== undefined) for (const latency of latencies) heard.push(latency);
  });
  await once(child, 'message');
  return child;
}

/** Publishes batches, and knows how many of its events were not handled yet. */
class Publisher {
  readonly #bus: EventBus;
  readonly #batch: number;
  readonly #heard: readonly number[];
  readonly #before: number;
  #published = 0;

  constructor(bus: EventBus, batch: number, heard: readonly number[]) {
    this.#bus = bus;
    this.#batch = batch;
    this.#heard = heard;
    this.#before = heard.length;
  }

  /** As much as there is room for. Returns how many were handled a second. */
  async fill(seconds: number): Promise<number> {
    const began = performance.now();
    const until = began + seconds * 1_000;
    const publishOn = async (): Promise<void> => {
      while (performance.now() < until) {
        if (this.#published - this.#handled() >= mostUnderWay) await wait(1);
        else await this.#publish();
      }
    };
    await Promise.all(Array.from({ length: publishesAtOnce }, publishOn));
    await this.#allHandled();
    return this.#published / ((performance.now() - began) / 1_000);
  }

  async pace(perSecond: number, seconds: number): Promise<void> {
    const began = performance.now();
    const all = perSecond * seconds;
    const publishing = new Set<Promise<void>>();
    while (this.#published < all) {
      if (this.#published < ((performance.now() - began) / 1_000) * perSecond) {
        const one = this.#publish().finally(() => publishing.delete(one));
        publishing.add(one);
      } else await wait(1);
    }
    await Promise.all(publishing);
    await this.#allHandled();
  }

  #publish(): Promise<void> {
    const events = Array.from({ length: this.#batch }, () => anEvent(this.#published++));
    return this.#bus.publish(events);
  }

  #handled(): number {
    return this.#heard.length - this.#before;
  }

  async #allHandled(): Promise<void> {
    for (let tries = 0; this.#handled() < this.#published; tries++) {
      if (tries > 30_000) throw new Error(`only ${this.#handled()} of ${this.#published} events were handled`);
      await wait(1);
    }
  }
}

function anEvent(n: number): CloudEvent {
  return {
    specversion: '1.0',
    id: String(n),
    type: 'order.created',
    source: '/bench',
    subject: `order-${n % subjects}`,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: { at: wallClock(), customer: 4711, lines: [{ article: 'a-1', count: 2, price: 1990 }], total: 3980 },
  };
}
