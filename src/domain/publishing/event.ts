/** How an answer becomes an event. Pure: who calls this has the bodies, the clock and the id. */
import type { CloudEvent } from '../cloud-event.ts';
import { JsonUnreadable, parseExactly } from './exact-json.ts';
import type { PublishSettings } from './settings.ts';
import { type Source, sourceText, valueAt } from './source.ts';

export interface EventFacts {
  readonly id: string;
  /** Who tells it. */
  readonly source: string;
  /** RFC 3339. */
  readonly time: string;
  readonly traceparent: string | null;
  /** Flat: name, value, … */
  readonly params: readonly string[];
  /** The bodies as text; asked for only where something is read from them. They may throw {@link Untellable}. */
  readonly answer: () => string;
  readonly request: () => string;
}

/** Why an answer that was to be an event became none. */
export class Untellable extends Error {
  override readonly name = 'Untellable';
}

/** Longer keys are slips: a whole document, or a hostile one. */
const longestKey = 500;

/** The event that an answer is. Throws {@link Untellable}. */
export function eventOf(
  { type, key, data }: Pick<PublishSettings, 'type' | 'key' | 'data'>,
  facts: EventFacts,
): CloudEvent {
  const { id, source, time, traceparent } = facts;
  const read = readerOf(facts);
  return {
    specversion: '1.0',
    id,
    type,
    source,
    subject: keyOf(key, read(key)),
    time,
    datacontenttype: 'application/json',
    ...(traceparent === null ? {} : { traceparent }),
    data: data === null ? wholeAnswer(facts) : dataOf(data, read),
  };
}

/** The key, where it is known before anybody has answered; else `null`. */
export function keyBeforehand({ key }: Pick<PublishSettings, 'key'>, params: readonly string[]): string | null {
  if (key.from === 'text') return key.text;
  return key.from === 'path' ? (paramOf(params, key.name) ?? null) : null;
}

type Read = (source: Source) => unknown;

function readerOf(facts: EventFacts): Read {
  const answer = once(() => documentOf('answer', facts.answer()));
  const request = once(() => documentOf('request', facts.request()));
  return (source) => {
    switch (source.from) {
      case 'answer':
        return valueAt(answer(), source.steps);
      case 'request':
        return valueAt(request(), source.steps);
      case 'path':
        return paramOf(facts.params, source.name);
      case 'text':
        return source.text;
    }
  };
}

function keyOf(source: Source, value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text === 'string' && text !== '' && text.length <= longestKey) return text;
  throw new Untellable(`the key ${sourceText(source)} ${keyTrouble(value)}`);
}

function keyTrouble(value: unknown): string {
  if (value === undefined) return 'is not there';
  if (typeof value === 'string') return value === '' ? 'is empty' : `is longer than ${longestKey} characters`;
  return 'is neither text nor a number';
}

/** What is not there stays away: an optional field is no reason to lose the event. Any name may be a key, `__proto__` too. */
function dataOf(data: NonNullable<PublishSettings['data']>, read: Read): unknown {
  const told = data.map(([name, source]) => [name, read(source)] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(told);
}

function wholeAnswer(facts: EventFacts): unknown {
  const text = facts.answer();
  return text === '' ? null : documentOf('answer', text);
}

function documentOf(what: 'answer' | 'request', text: string): unknown {
  try {
    return parseExactly(text);
  } catch (error) {
    if (!(error instanceof JsonUnreadable)) throw error;
    throw new Untellable(`the ${what} can't be read: ${error.message}`);
  }
}

function paramOf(params: readonly string[], name: string): string | undefined {
  for (let i = 0; i < params.length; i += 2) if (params[i] === name) return decoded(params[i + 1]!);
  return undefined;
}

/** As the answer would call it: `a%20b` is the path's own spelling. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function once<T>(work: () => T): () => T {
  let result: { readonly value: T } | null = null;
  return () => {
    result ??= { value: work() };
    return result.value;
  };
}
