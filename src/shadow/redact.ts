import type { Answered } from '../domain/comparing/answers.ts';
import { type Place, parsePlace } from '../domain/comparing/place.ts';
import { keyText, type Step } from '../domain/comparing/step.ts';
import type { Arm, Example, ExampleAnswer } from '../domain/evidence.ts';
import type { HeaderLines } from '../domain/header-lines.ts';
import type { Mismatch } from '../domain/mismatch.ts';
import { redactHeader, redactHeaders } from '../domain/redaction/headers.ts';
import { cutText, type JsonRedaction, redactJson } from '../domain/redaction/json.ts';
import { holdsJson, withoutJson } from '../domain/redaction/json-elsewhere.ts';
import { redactLooks } from '../domain/redaction/looks.ts';
import { isSecretName } from '../domain/redaction/secret-names.ts';
import { isFieldName, NumberedStandIns, type StandIns, unnumbered } from '../domain/redaction/stand-ins.ts';
import { redactText } from '../domain/redaction/text.ts';
import { redactUrl } from '../domain/redaction/url.ts';
import type { RedactionSettings } from '../domain/shadow.ts';
import { type KeptBody, redactBody, withoutLastWord } from './redact-body.ts';
import { SecretPlaces, wasCut } from './secret-places.ts';

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
/** Of one body: as far as secrets are looked for that the rest of the example may repeat. */
const mostMet = 64 * 1024;
const mostValue = 2_000;
const mostHeader = 4_096;
const mostMismatches = 50;

/** How far a body is read. */
type Reach = Pick<JsonRedaction, 'room' | 'toItsEnd'>;

/** Takes out of a comparison what nobody may see, before anything of it leaves the thread. */
export class Redactor {
  readonly #headers: ReadonlySet<string>;
  readonly #places: SecretPlaces;
  #patterns = new Map<string, string>();

  /** Throws PlaceError for a place that can't be read; validated settings have none. */
  constructor({ headers, paths }: RedactionSettings) {
    this.#headers = new Set(headers);
    this.#places = new SecretPlaces(paths);
  }

  /**
   * With patterns that may be shown and counted by: the same in every example, so that secrets in them have no number.
   * @param exchange asked only for what has not been seen before.
   */
  patterned(mismatches: readonly Mismatch[], exchange: () => Exchange): readonly Mismatch[] {
    let standIns: StandIns | null = null;
    const scrub = (text: string): string => {
      standIns ??= this.#met(exchange());
      return standIns.scrub(text);
    };
    return mismatches.map((mismatch) => ({ ...mismatch, pattern: this.#pattern(mismatch.pattern, scrub) }));
  }

  /** Its mismatches are {@link patterned}. */
  example(exchange: Exchange): Example {
    return this.#redacted(exchange, this.#met(exchange), { room: mostBody, toItsEnd: true });
  }

  /** Knows every secret that a name or a place gives away in `exchange`. */
  #met(exchange: Exchange): StandIns {
    const standIns = new NumberedStandIns();
    this.#redacted(exchange, standIns, { room: mostMet, toItsEnd: false });
    standIns.seal();
    return standIns;
  }

  #pattern(pattern: string, scrub: (text: string) => string): string {
    const known = this.#patterns.get(pattern);
    if (known !== undefined) return known;
    // A word is the name of a field, whatever it says elsewhere: to look for secrets behind it is not worth the time.
    const isSecret = (text: string): boolean => !isFieldName(text) && scrub(text) !== text;
    const redacted = redactLooks(
      pattern.startsWith('$')
        ? this.#places.shown(pattern, {
            key: (key) => (isSecret(key) ? '.*' : keyText(redactLooks(key, unnumbered))),
            hidden: () => '.*',
            rest: (rest) => (isSecret(rest) ? '…' : rest),
          })
        : pattern.replace(/(?<=^header:set-cookie:).*/, (name) => (isSecret(name) ? '*' : name)),
      unnumbered,
    );
    if (this.#patterns.size >= 5_000) this.#patterns = new Map();
    this.#patterns.set(pattern, redacted);
    return redacted;
  }

  #redacted(exchange: Exchange, standIns: StandIns, reach: Reach): Example {
    const { at, arm, method, headers, requestBody, legacy, service } = exchange;
    const by = this.#json(standIns, reach);
    const url = this.#places.any ? withoutJson(exchange.url, standIns) : exchange.url;
    const request = {
      method,
      url: redactUrl(url, standIns, exchange.bound),
      headers: this.#headerLines(headers, standIns),
      body: requestBody === null ? null : redactBody(headers, requestBody, true, by).body,
      traceparent: this.#headerValue('traceparent', exchange.traceparent, standIns),
    };
    const bodies = [legacy, service].map((side) => answerBody(side, by));
    const [first, second] = bodies as [KeptBody, KeptBody];
    const withLines = bodies.every(({ hasLines }) => hasLines);
    return {
      at,
      arm,
      request,
      legacy: this.#answer(legacy, first, standIns),
      service: this.#answer(service, second, standIns),
      mismatches: exchange.mismatches
        .slice(0, mostMismatches)
        .map((mismatch) => this.#mismatch(withLines ? mismatch : withoutLine(mismatch), standIns)),
    };
  }

  #answer({ status, headers, milliseconds }: Observed, { body, left }: KeptBody, standIns: StandIns): ExampleAnswer {
    return { status, headers: this.#headerLines(headers, standIns), body, left, milliseconds };
  }

  #headerLines(headers: HeaderLines, standIns: StandIns): string[] {
    const lines = headers.map((text, i) => (i % 2 === 0 ? text : this.#withoutJson(text, standIns)));
    return redactHeaders(lines, this.#headers, standIns).map((text) => cutText(text, mostHeader));
  }

  #headerValue(name: string, value: string, standIns: StandIns): string {
    return redactHeader(name, this.#withoutJson(value, standIns), this.#headers, standIns);
  }

  #withoutJson(value: string, standIns: StandIns): string {
    return this.#places.any && holdsJson(value) ? standIns.of('redacted', value) : value;
  }

  #mismatch({ kind, path, pattern, control, candidate }: Mismatch, standIns: StandIns): Example['mismatches'][number] {
    return {
      kind,
      path: this.#path(path, standIns),
      pattern,
      legacy: this.#value(path, control, standIns),
      service: this.#value(path, candidate, standIns),
    };
  }

  #path(path: string, standIns: StandIns): string {
    const looks = (text: string): string => redactLooks(standIns.scrub(text), standIns);
    if (!path.startsWith('$')) return looks(path);
    const shown = this.#places.shown(path, {
      key: (key) => keyText(looks(key)),
      hidden: (key) => keyText(standIns.of('redacted', key, 'key')),
      rest: looks,
    });
    return redactLooks(shown, standIns);
  }

  /** `text` is JSON, or the beginning of some with a note of how much there was. */
  #value(path: string, text: string | null, standIns: StandIns): string | null {
    if (text === null || path === 'status' || path === 'body') return text;
    const note = cutNote.exec(text)?.[0] ?? '';
    const json = text.slice(0, text.length - note.length);
    const place = placeOf(path);
    if (!path.startsWith('$')) {
      // Of a cookie only its name and attributes are compared.
      const header = place?.of === 'header' && place.part === null ? place.name : null;
      return redactedString(json, note, (value) =>
        header === null ? redactText(value, standIns) : this.#headerValue(header, value, standIns),
      );
    }
    const at = place?.of === 'json' ? place.steps.map(keyOf) : path.split(/[.[\]'"]+/);
    const isConfigured = place === null || wasCut(path) ? this.#places.mayCover(path) : this.#places.cover(at);
    if (!isConfigured && /^(?:true|false|null)$/.test(json)) return json;
    if (isConfigured || at.some(isSecretStep)) return JSON.stringify(standIns.of('redacted', plain(json)));
    if (json.startsWith('"') && (note !== '' || plain(json) === json)) {
      return redactedString(json, note, (value) => redactText(this.#withoutJson(value, standIns), standIns));
    }
    const kept = redactJson(json, this.#json(standIns, { room: mostValue, toItsEnd: true }), {
      cutShort: note !== '',
      at,
    });
    return kept === null ? null : kept.text + note;
  }

  #json(standIns: StandIns, reach: Reach): JsonRedaction {
    return {
      standIns,
      ...reach,
      namesPlaces: this.#places.any,
      isSecretPlace: (path) => this.#places.cover(path),
    };
  }
}

function answerBody({ headers, body, whole, undecoded }: Observed, by: JsonRedaction): KeptBody {
  if (undecoded === null) return redactBody(headers, body, whole, by);
  return { body: null, left: undecoded.kind === 'size' ? 'cut' : 'unparsable', hasLines: true };
}

const isSecretStep = (step: string | number): boolean => typeof step === 'string' && isSecretName(step);

function withoutLine(mismatch: Mismatch): Mismatch {
  if (!mismatch.path.startsWith('body:')) return mismatch;
  const { control, candidate } = mismatch;
  return { ...mismatch, control: control && notKept, candidate: candidate && notKept };
}

const notKept = '"‹not kept›"';

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
