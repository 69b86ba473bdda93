import { BusError } from './bus-error.ts';
import type { CloudEvent } from './cloud-event.ts';

/** Bytes of an event's JSON: what every bus takes, Kafka's default being the smallest. */
export const mostEventBytes = 1_000_000;

const required = ['id', 'type', 'source', 'subject', 'time'] as const;

/** Characters of a name: what is looked up, shown and kept in indexes. */
const mostNameLength = 1_024;

/** The JSON of an event. Throws a {@link BusError} that says what is wrong with one that is none. */
export function eventText(event: CloudEvent): string {
  const wrong = wrongWith(event);
  if (wrong !== null) throw new BusError('refused', `an event was not published: ${wrong}`);
  let text: string;
  try {
    text = JSON.stringify(event);
  } catch (error) {
    throw new BusError('refused', `an event was not published: its data is no JSON (${(error as Error).message})`);
  }
  // A character is at least a byte; only a long text has to be measured.
  if (text.length > mostEventBytes / 4 && bytesOf(text) > mostEventBytes) {
    const limit = `more than ${mostEventBytes} bytes`;
    throw new BusError('refused', `an event was not published: it is ${limit}; tell where the data is instead`);
  }
  return text;
}

/** `null` where the text is no event: others may write to the same place. */
export function eventOf(text: string): CloudEvent | null {
  try {
    const value: unknown = JSON.parse(text);
    return wrongWith(value) === null ? (value as CloudEvent) : null;
  } catch {
    return null;
  }
}

function wrongWith(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no object';
  const event = value as Record<string, unknown>;
  if (event.specversion !== '1.0') return 'its specversion is not "1.0"';
  for (const name of required) {
    const text = event[name];
    if (typeof text !== 'string' || text === '') return `its ${name} is no text`;
    if (text.length > mostNameLength) return `its ${name} has more than ${mostNameLength} characters`;
  }
  return null;
}

function bytesOf(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A pair of surrogates is two units and four bytes.
    if (unit > 0x7ff) bytes += unit >= 0xd800 && unit < 0xe000 ? 1 : 2;
    else if (unit > 0x7f) bytes += 1;
  }
  return bytes;
}
