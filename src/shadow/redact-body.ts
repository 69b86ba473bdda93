import type { ExampleAnswer } from '../domain/evidence.ts';
import { type HeaderLines, headerValue } from '../domain/header-lines.ts';
import { cutText, type JsonRedaction, redactJson } from '../domain/redaction/json.ts';
import { holdsJson } from '../domain/redaction/json-elsewhere.ts';
import { redactText } from '../domain/redaction/text.ts';
import { redactQuery } from '../domain/redaction/url.ts';
import { redactJsonLines } from './redact-lines.ts';

/** What is kept of a body, and why not all of it. */
export interface KeptBody extends Pick<ExampleAnswer, 'body' | 'left'> {
  /** Single lines of it may be kept: it is a text in which nothing can stand at a place that routes.yaml names. */
  readonly hasLines: boolean;
}

/** Characters of a text that are looked at: what is redacted may be shorter than it was. */
const mostRedacted = 64 * 1024;
const longestWord = 4_096;

/** What can be shown of a body. What can't be parsed as what it says it is can't be redacted, and isn't kept. */
export function redactBody(headers: HeaderLines, bytes: Uint8Array, whole: boolean, by: JsonRedaction): KeptBody {
  if (bytes.length === 0) return { body: null, left: whole ? 'empty' : 'cut', hasLines: true };
  const type = headerValue(headers, 'content-type') ?? '';
  const kind = bodyKind(type);
  const text = kind === null ? null : textOf(bytes, type);
  if (kind === null || text === null) return withheld(kind === 'json' ? 'unparsable' : 'not-text');
  if (kind !== 'form' && (kind !== 'text' || looksLikeJson(text))) {
    const cutShort = !whole;
    const kept = redactJson(text, by, { cutShort }) ?? (kind === 'json' ? null : redactJsonLines(text, by, cutShort));
    if (kept !== null) return { body: kept.text, left: kept.cut ? 'cut' : null, hasLines: false };
    if (kind !== 'text') return withheld('unparsable');
  }
  // A page with JSON in a script, a log with JSON in its lines: where in a document its values stand can't be told.
  if (by.namesPlaces && holdsJson(text)) return withheld('unparsable');
  const head = headOf(text, whole);
  const redacted = kind === 'form' ? redactQuery(head, by.standIns) : redactText(head, by.standIns);
  const isCut = head !== text || redacted.length > by.room || !whole;
  return { body: cutText(redacted, by.room), left: isCut ? 'cut' : null, hasLines: true };
}

const withheld = (left: 'unparsable' | 'not-text'): KeptBody => ({ body: null, left, hasLines: false });

/** Old servers send it as text, or as HTML. */
const looksLikeJson = (text: string): boolean => /^\s{0,100}[{[]/.test(text);

/** As much of a text as is worth redacting. */
function headOf(text: string, whole: boolean): string {
  if (whole && text.length <= mostRedacted) return text;
  return withoutLastWord(text.slice(0, mostRedacted));
}

/** For text that was cut off anywhere: its end may be a part of a secret that can't be known for one any more. */
export function withoutLastWord(text: string): string {
  const word = /[^\s<>"]*$/.exec(text.slice(-longestWord))![0];
  const before = text.slice(0, text.length - word.length);
  // A card number may be written in groups.
  return before.slice(0, before.length - /[\d -]*$/.exec(before.slice(-24))![0].length);
}

function bodyKind(contentType: string): 'json' | 'json-lines' | 'form' | 'text' | null {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (/^(?:application|text)\/(?:json|[\w.-]+\+json)$/.test(type)) return 'json';
  if (/^application\/(?:x-ndjson|jsonl)$/.test(type)) return 'json-lines';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  return /^text\/|^application\/(?:xml|javascript|yaml|[\w.-]+\+xml)$/.test(type) ? 'text' : null;
}

function textOf(bytes: Uint8Array, contentType: string): string | null {
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
  if (charset === 'iso-8859-1' || charset === 'latin1') return Buffer.from(bytes).toString('latin1');
  if (charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
