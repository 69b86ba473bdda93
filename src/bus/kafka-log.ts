import type { Consumer } from '@platformatic/kafka';
import type { KafkaDriver } from './kafka-driver.ts';
import { type Headers, headersOf } from './kafka-message.ts';

export interface KafkaEntry {
  readonly partition: number;
  readonly offset: bigint;
  /** ms since the epoch. */
  readonly at: number;
  readonly text: string;
  readonly headers: Headers;
}

/** By partition. */
export type Offsets = readonly bigint[];

const longestWait = 200;
const mostBytes = 4_000_000;

/** A topic as a log that is read without being consumed: no group is joined. */
export class KafkaLog {
  readonly #kafka: KafkaDriver;
  readonly #consumer: Consumer;

  constructor(kafka: KafkaDriver, consumer: Consumer) {
    this.#kafka = kafka;
    this.#consumer = consumer;
  }

  begin(topic: string): Promise<Offsets> {
    return this.#offsets(topic, this.#kafka.ListOffsetTimestamps.EARLIEST);
  }

  end(topic: string): Promise<Offsets> {
    return this.#offsets(topic, this.#kafka.ListOffsetTimestamps.LATEST);
  }

  /** Of the first entry at or after a time; the end where there is none. */
  async since(topic: string, time: number): Promise<Offsets> {
    const found = await this.#offsets(topic, BigInt(Math.max(0, Math.ceil(time))));
    const end = await this.end(topic);
    return end.map((last, partition) => {
      const offset = found[partition] ?? -1n;
      return offset < 0n ? last : offset;
    });
  }

  /** Everything between two sets of offsets, in the order of its time. */
  async read(topic: string, from: Offsets, to: Offsets): Promise<KafkaEntry[]> {
    const parts = await Promise.all(
      to.map((end, partition) => this.#readPart(topic, partition, from[partition] ?? 0n, end)),
    );
    return parts.flat().sort((a, b) => a.at - b.at || a.partition - b.partition || Number(a.offset - b.offset));
  }

  async #offsets(topic: string, timestamp: bigint): Promise<Offsets> {
    const offsets = await this.#consumer.listOffsets({ topics: [topic], timestamp });
    return offsets.get(topic) ?? [];
  }

  async #readPart(topic: string, partition: number, from: bigint, end: bigint): Promise<KafkaEntry[]> {
    const entries: KafkaEntry[] = [];
    for (let next = from; next < end; ) {
      const { batches, last } = await this.#fetch(topic, partition, next);
      for (const entry of batches) if (entry.offset >= next && entry.offset < end) entries.push(entry);
      // What a transaction or a compaction took away leaves gaps; a fetch that brings nothing means that there is no more.
      if (last === null) break;
      next = last + 1n;
    }
    return entries;
  }

  async #fetch(
    topic: string,
    partition: number,
    offset: bigint,
  ): Promise<{ batches: KafkaEntry[]; last: bigint | null }> {
    const metadata = await this.#consumer.metadata({ topics: [topic] });
    const known = metadata.topics.get(topic);
    const place = known?.partitions[partition];
    if (known === undefined || place === undefined) return { batches: [], last: null };
    const response = await this.#consumer.fetch({
      node: place.leader,
      maxWaitTime: longestWait,
      minBytes: 1,
      maxBytes: mostBytes,
      topics: [
        {
          topicId: known.id,
          partitions: [
            {
              partition,
              currentLeaderEpoch: place.leaderEpoch,
              fetchOffset: offset,
              lastFetchedEpoch: -1,
              partitionMaxBytes: mostBytes,
            },
          ],
        },
      ],
    });
    const batches: KafkaEntry[] = [];
    let last: bigint | null = null;
    for (const { records } of response.responses.flatMap(({ partitions }) => partitions)) {
      for (const batch of records ?? []) {
        last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
        if ((batch.attributes & controlBatch) !== 0) continue;
        for (const record of batch.records) {
          batches.push({
            partition,
            offset: batch.firstOffset + BigInt(record.offsetDelta),
            at: Number(batch.firstTimestamp + record.timestampDelta),
            text: record.value?.toString() ?? '',
            headers: headersOf(record.headers),
          });
        }
      }
    }
    return { batches, last };
  }
}

/** The bit of a batch that holds marks of transactions, and no records of anybody's. */
const controlBatch = 0b10_0000;
