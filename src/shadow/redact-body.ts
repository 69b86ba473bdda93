import type { ExampleAnswer } from '../domain/evidence.ts';
import { type HeaderLines, headerValue } from '../domain/header-lines.ts';
import { cutText, type JsonRedaction, redactJson } from '../domain/redaction/json.ts';
import { redactText } from '../domain/redaction/text.ts';
import { redactQuery } from '../domain/redaction/url.ts';

/** What is kept of a body, and why not all of it. */
export interface KeptBody extends Pick<ExampleAnswer, 'body' | 'left'> {
  /** It is JSON, or says so. */
  readonly isJson: boolean;
}

/** Characters of a text that are looked at: what is redacted may be shorter than it was. */
const mostRedacted = 64 * 1024;
const longestWord = 4_096;

/** What can be shown of a body. What can't be parsed as what it says it is can't be redacted, and isn't kept. */
export function redactBody(headers: HeaderLines, bytes: Uint8Array, whole: boolean, by: JsonRedaction): KeptBody {
  if (bytes.length === 0) return { body: null, left: whole ? 'empty' : 'cut', isJson: false };
  const type = headerValue(headers, 'content-type') ?? '';
  const kind = bodyKind(type);
  if (kind === null) return { body: null, left: 'not-text', isJson: false };
  const text = textOf(bytes, type);
  if (text === null) return { body: null, left: kind === 'json' ? 'unparsable' : 'not-text', isJson: kind === 'json' };
  if (kind === 'json' || (kind === 'text' && looksLikeJson(text))) {
    const kept = redactJson(text, by, { cutShort: !whole });
    if (kept !== null) return { body: kept.text, left: kept.cut ? 'cut' : null, isJson: true };
    if (kind === 'json') return { body: null, left: 'unparsable', isJson: true };
  }
  const head = headOf(text, whole);
  const redacted = kind === 'form' ? redactQuery(head, by.standIns) : redactText(head, by.standIns);
  const isCut = head !== text || redacted.length > by.room || !whole;
  return { body: cutText(redacted, by.room), left: isCut ? 'cut' : null, isJson: false };
}

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

function bodyKind(contentType: string): 'json' | 'form' | 'text' | null {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (/^(?:application|text)\/(?:json|[\w.-]+\+json)$/.test(type)) return 'json';
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
