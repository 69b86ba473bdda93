import { partitions } from './partition.ts';

/** The names of a stream's keys: one hash tag, so that a cluster keeps them together. */
export class RedisKeys {
  readonly #tag: string;
  readonly streams: readonly string[];
  /** The last position that was given. */
  readonly last: string;

  constructor(stream: string) {
    // No brace may end the tag early.
    this.#tag = `{${encodeURIComponent(stream)}}`;
    this.streams = Array.from({ length: partitions }, (_, partition) => `${this.#tag}:${partition}`);
    this.last = `${this.#tag}:last`;
  }

  leases(group: string): readonly string[] {
    return this.streams.map((_, partition) => `${this.#tag}:lease:${group}:${partition}`);
  }

  alive(group: string): string {
    return `${this.#tag}:alive:${group}`;
  }

  dead(group: string): string {
    return `${this.#tag}:dead:${group}`;
  }
}

/** The name under which every consumer of a group reads. */
export const readerName = 'strangler';
