import { partitions } from './partition.ts';

export interface MemoryEvent {
  readonly seq: number;
  readonly partition: number;
  readonly at: number;
  /** It was a dead letter of this group. */
  readonly onlyFor: string | null;
  readonly text: string;
}

export interface MemoryCursor {
  handled: number;
  failures: number;
  token: number;
  owner: string | null;
}

/** How far a group is, and who of it has which partition. */
export class MemoryGroup {
  readonly name: string;
  readonly cursors: readonly MemoryCursor[];
  readonly consumers = new Set<string>();
  /** Called when there is something new, or something else. */
  readonly listeners = new Set<() => void>();

  constructor(name: string) {
    this.name = name;
    this.cursors = Array.from({ length: partitions }, () => ({ handled: 0, failures: 0, token: 0, owner: null }));
  }

  wake(): void {
    for (const listener of [...this.listeners]) listener();
  }

  rewind(handled: number): void {
    for (const cursor of this.cursors) {
      if (cursor.handled <= handled) continue;
      Object.assign(cursor, { handled, failures: 0, token: cursor.token + 1 });
    }
  }
}

export function lagOf(group: MemoryGroup, events: readonly MemoryEvent[]): number {
  return events.filter(
    ({ seq, partition, onlyFor }) =>
      seq > group.cursors[partition]!.handled && (onlyFor === null || onlyFor === group.name),
  ).length;
}
