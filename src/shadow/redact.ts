import type { Answered } from '../domain/comparing/answers.ts';
import { type Place, parsePlace } from '../domain/comparing/place.ts';
import { relate } from '../domain/comparing/relate.ts';
import type { Step } from '../domain/comparing/step.ts';
import type { Arm, Example, ExampleAnswer } from '../domain/evidence.ts';
import type { HeaderLines } from '../domain/header-lines.ts';
import type { Mismatch } from '../domain/mismatch.ts';
import { redactHeader, redactHeaders } from '../domain/redaction/headers.ts';
import { cutText, type JsonPath, redactJson } from '../domain/redaction/json.ts';
import { redactLooks } from '../domain/redaction/looks.ts';
import { isSecretName } from '../domain/redaction/secret-names.ts';
import { NumberedStandIns, type StandIns, unnumbered } from '../domain/redaction/stand-ins.ts';
import { redactText } from '../domain/redaction/text.ts';
import { redactUrl } from '../domain/redaction/url.ts';
import type { RedactionSettings } from '../domain/shadow.ts';
import { type KeptBody, redactBody, withoutLastWord } from './redact-body.ts';

/** An answer as it was compared. */
export interface Observed extends Answered {
  readonly milliseconds: number;
}

export interface Exchange {
  readonly at: number;
  readonly arm: Arm;
  readonly method: string;
  readonly url: string;
  /** What the route's pattern bound, flat. */
  readonly bound: readonly string[];
  readonly headers: HeaderLines;
  /** Decoded; null when there was none, or a coding that we don't have. */
  readonly requestBody: Uint8Array | null;
  readonly traceparent: string;
  readonly legacy: Observed;
  readonly service: Observed;
  readonly mismatches: readonly Mismatch[];
}

/** Characters of one body, and of one value of a mismatch; mismatches of one example. */
const mostBody = 16 * 1024;
const mostValue = 2_000;
const mostHeader = 4_096;
const mostMismatches = 50;

/** Takes out of a comparison what nobody may see, before anything of it leaves the thread. */
export class Redactor {
  readonly #headers: ReadonlySet<string>;
  readonly #places: readonly Place[];
  #patterns = new Map<string, string>();

  /** Throws PlaceError for a place that can't be read; validated settings have none. */
  constructor({ headers, paths }: RedactionSettings) {
    this.#headers = new Set(headers);
    this.#places = paths.map(parsePlace);
  }

  /** A pattern that may be shown and counted by: the same for every example, so that secrets in it have no number. */
  pattern(pattern: string): string {
    const known = this.#patterns.get(pattern);
    if (known !== undefined) return known;
    const redacted = redactLooks(pattern, unnumbered);
    if (this.#patterns.size >= 5_000) this.#patterns = new Map();
    this.#patterns.set(pattern, redacted);
    return redacted;
  }

  example(exchange: Exchange): Example {
    const standIns = new NumberedStandIns();
    const { at, arm, method, traceparent, headers, requestBody, legacy, service } = exchange;
    const request = {
      method,
      url: redactUrl(exchange.url, standIns, exchange.bound),
      headers: this.#headerLines(headers, standIns),
      body: requestBody === null ? null : this.#body(headers, requestBody, standIns).body,
      traceparent,
    };
    const bodies = [legacy, service].map((side) => this.#answerBody(side, standIns));
    const [first, second] = bodies as [KeptBody, KeptBody];
    // Lines of what is JSON, or was to be: places can't be told in them, and so not what is secret there.
    const withLines = bodies.every(({ isJson }) => !isJson);
    return scrubbed(
      {
        at,
        arm,
        request,
        legacy: this.#answer(legacy, first, standIns),
        service: this.#answer(service, second, standIns),
        mismatches: exchange.mismatches
          .slice(0, mostMismatches)
          .map((mismatch) => this.#mismatch(withLines ? mismatch : withoutLine(mismatch), standIns)),
      },
      standIns,
    );
  }

  #answer({ status, headers, milliseconds }: Observed, { body, left }: KeptBody, standIns: StandIns): ExampleAnswer {
    return { status, headers: this.#headerLines(headers, standIns), body, left, milliseconds };
  }

  #headerLines(headers: HeaderLines, standIns: StandIns): string[] {
    return redactHeaders(headers, this.#headers, standIns).map((text) => cutText(text, mostHeader));
  }

  #answerBody({ headers, body, whole, undecoded }: Observed, standIns: StandIns): KeptBody {
    if (undecoded === null) return this.#body(headers, body, standIns, whole);
    return { body: null, left: undecoded.kind === 'size' ? 'cut' : 'unparsable', isJson: false };
  }

  #body(headers: HeaderLines, bytes: Uint8Array, standIns: StandIns, whole = true): KeptBody {
    return redactBody(headers, bytes, whole, this.#json(standIns, mostBody));
  }

  #mismatch({ kind, path, pattern, control, candidate }: Mismatch, standIns: StandIns): Example['mismatches'][number] {
    return {
      kind,
      path: redactLooks(path, standIns),
      pattern: this.pattern(pattern),
      legacy: this.#value(path, control, standIns),
      service: this.#value(path, candidate, standIns),
    };
  }

  /** `text` is JSON, or the beginning of some with a note of how much there was. */
  #value(path: string, text: string | null, standIns: StandIns): string | null {
    if (text === null || path === 'status' || path === 'body') return text;
    const note = cutNote.exec(text)?.[0] ?? '';
    const json = text.slice(0, text.length - note.length);
    const place = placeOf(path);
    if (!path.startsWith('$')) {
      const redact = (value: string): string =>
        place?.of === 'header'
          ? this.#headerValue(place.name, place.part, value, standIns)
          : redactText(value, standIns);
      return redactedString(json, note, redact);
    }
    const at = place?.of === 'json' ? place.steps.map(keyOf) : path.split(/[.[\]'"]+/);
    const within = at.slice(0, -1).some((_, i) => this.#isSecret(at.slice(0, i + 1)));
    if (/^(?:true|false|null)$/.test(json)) return json;
    if (within || this.#isSecret(at)) return JSON.stringify(standIns.of('redacted', plain(json)));
    if (json.startsWith('"')) return redactedString(json, note, (value) => redactText(value, standIns));
    const kept = redactJson(json, this.#json(standIns, mostValue), { cutShort: note !== '', at });
    return kept === null ? null : kept.text + note;
  }

  #headerValue(name: string, part: string | null, value: string, standIns: StandIns): string {
    // Of a cookie only its name and attributes are compared.
    return part === null ? redactHeader(name, value, this.#headers, standIns) : redactText(value, standIns);
  }

  #isSecret(path: JsonPath): boolean {
    const name = path.at(-1);
    return (typeof name === 'string' && isSecretName(name)) || this.#isSecretPlace(path);
  }

  #json(standIns: StandIns, room: number) {
    return { standIns, room, isSecretPlace: (path: JsonPath) => this.#isSecretPlace(path) };
  }

  #isSecretPlace(path: JsonPath): boolean {
    if (this.#places.length === 0) return false;
    const steps = path.map((step): Step => {
      return typeof step === 'string' ? { kind: 'key', key: step } : { kind: 'index', index: step };
    });
    return this.#places.some((place) => relate(place, { of: 'json', steps }) === 'covers');
  }
}

function withoutLine(mismatch: Mismatch): Mismatch {
  if (!mismatch.path.startsWith('body:')) return mismatch;
  const { control, candidate } = mismatch;
  return { ...mismatch, control: control && notKept, candidate: candidate && notKept };
}

const notKept = '"‹not kept›"';

function scrubbed(example: Example, standIns: NumberedStandIns): Example {
  const scrub = (text: string): string => standIns.scrub(text);
  const scrubOrNull = (text: string | null): string | null => (text === null ? null : scrub(text));
  const answer = (side: ExampleAnswer): ExampleAnswer => {
    return { ...side, headers: side.headers.map(scrub), body: scrubOrNull(side.body) };
  };
  const { request, mismatches } = example;
  return {
    ...example,
    request: {
      ...request,
      url: scrub(request.url),
      headers: request.headers.map(scrub),
      body: scrubOrNull(request.body),
    },
    legacy: answer(example.legacy),
    service: answer(example.service),
    mismatches: mismatches.map((one) => {
      return { ...one, path: scrub(one.path), legacy: scrubOrNull(one.legacy), service: scrubOrNull(one.service) };
    }),
  };
}

function keyOf(step: Step): string | number {
  if (step.kind === 'key') return step.key;
  return step.kind === 'index' ? step.index : '';
}

/** Null for a path that was cut in its middle, and for lines of a text. */
function placeOf(path: string): Place | null {
  try {
    return parsePlace(path);
  } catch {
    return null;
  }
}

/** As `comparing` ends what it has cut. */
const cutNote = /… \(cut: \d+ bytes\)$/;

/** The value as it was counted when it stood elsewhere: a string without its quotes. */
function plain(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : json;
  } catch {
    return json;
  }
}

/** `json` is a string, or the beginning of one: then it has no closing quote. */
function redactedString(json: string, note: string, redact: (value: string) => string): string {
  if (note === '') {
    const value = plain(json);
    if (value !== json) return JSON.stringify(redact(value));
    // Without its closing quote it can't be parsed, and may hold a secret all the same.
    return json.startsWith('"') ? JSON.stringify(redact(json.slice(1))) : json;
  }
  return `"${redact(withoutLastWord(json.slice(1)))}${note}`;
}
