/** What is written to Kafka: texts of ours, keys and headers, in batches that a broker takes. */
import type { DeadLetter } from '../ports.ts';

export interface KafkaMessage {
  readonly value: string;
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Headers = ReadonlyMap<string, string>;

/** As the client gives them: of one record, or of a message. */
export function headersOf(headers: Iterable<readonly [Buffer | null, Buffer | null]>): Headers {
  return new Map(Array.from(headers, ([name, value]) => [name?.toString() ?? '', value?.toString() ?? '']));
}

/**
 * Bytes. The client makes one batch of whatever is sent to a partition at a time, and a broker that is set up like most
 * refuses one of more than 1,048,588 (its `message.max.bytes`), however small each message: the rest is for what frames it.
 */
const mostBatch = 1_040_000;

/** Bytes around a message at most: its lengths, its time, and how many headers it has. */
const frame = 64;

/** In their order, in as few batches as a broker takes. One that is too large alone is its broker's to refuse. */
export function inBatches(messages: readonly KafkaMessage[]): readonly (readonly KafkaMessage[])[] {
  const batches: KafkaMessage[][] = [];
  let room = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (size > room) {
      batches.push([]);
      room = mostBatch;
    }
    batches.at(-1)!.push(message);
    room -= size;
  }
  return batches;
}

function sizeOf({ value, key, headers = {} }: KafkaMessage): number {
  const texts = [value, key, ...Object.entries(headers).flat()];
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text) + 5, frame);
}

/** Handed to one group alone. */
export function messageFor(group: string, value: string, key: string): KafkaMessage {
  return { value, key, headers: { for: group } };
}

/** The only group that it is for. */
export function onlyFor(headers: Headers): string | null {
  return headers.get('for') ?? null;
}

/** A letter, with the text of what it buries, which is no event where somebody else wrote it. */
export type BuriedText = Omit<DeadLetter, 'id' | 'event'> & { readonly text: string };

/** Characters of what a handler said last. */
const longestError = 2_000;

/** The text is the message as it was, and all else a header: in JSON once more it would be larger than what it buries. */
export function letterMessage({ group, text, attempts, error, at }: BuriedText): KafkaMessage {
  const told = { attempts: String(attempts), error: error.slice(0, longestError), at: String(at) };
  return { key: group, value: text, headers: { group, ...told } };
}

/** `null` for what is no letter: the mark of one that was revived, or a message of somebody else. */
export function letterOf(text: string, headers: Headers): BuriedText | null {
  const group = headers.get('group');
  if (group === undefined) return null;
  const number = (name: string): number => Number(headers.get(name)) || 0;
  return { group, text, attempts: number('attempts'), error: headers.get('error') ?? '', at: number('at') };
}

/** Takes a letter away, by its id. */
export function revivedMessage(group: string, id: string): KafkaMessage {
  return { key: group, value: '', headers: { revived: id } };
}

export function revivedId(headers: Headers): string | null {
  return headers.get('revived') ?? null;
}
