import { defaultBounds } from '../domain/comparing/comparison.ts';
import { type Place, parsePlace } from '../domain/comparing/place.ts';
import { relate } from '../domain/comparing/relate.ts';
import type { Step } from '../domain/comparing/step.ts';
import type { JsonPath } from '../domain/redaction/json.ts';

type JsonPlace = Extract<Place, { of: 'json' }>;

/** How a way to a value is shown. */
interface Showing {
  /** The step for a key. */
  readonly key: (key: string) => string;
  /** The step for a key that lies below a secret place. */
  readonly hidden: (key: string) => string;
  /** What is behind the steps, of a path that was cut. */
  readonly rest: (text: string) => string;
}

/** The places that routes.yaml names under `redact.paths`: everything there and below is secret, keys included. */
export class SecretPlaces {
  readonly #places: readonly Place[];
  readonly #atAnyDepth: boolean;

  /** Throws PlaceError for a place that can't be read; validated settings have none. */
  constructor(paths: readonly string[]) {
    this.#places = paths.map(parsePlace);
    this.#atAnyDepth = this.#places.some((place) => place.of === 'json' && place.steps.some(isDeep));
  }

  get any(): boolean {
    return this.#places.length > 0;
  }

  /** Of a path that is too long to be looked at, whether a place may be at any depth: whoever asks knows of what is above it. */
  cover(path: JsonPath): boolean {
    if (!this.any) return false;
    if (path.length <= mostDepth) return this.#cover(path.map(stepOf));
    // Each value of a document would cost as much as it is deep. No place without `..` begins to cover down there.
    return this.#atAnyDepth;
  }

  /** Whether a value may be secret whose path was cut, so that nobody can tell where it stands. */
  mayCover(cutPath: string): boolean {
    return this.any && this.#mayHold(readableStart(cutPath).steps);
  }

  /** A path or a pattern of a mismatch in JSON, as far as it can be read where it was cut. */
  shown(path: string, showing: Showing): string {
    const { steps, rest } = readableStart(path);
    const start = `$${steps.map((step, i) => this.#shownStep(steps, i, step, showing)).join('')}`;
    if (rest === '') return start;
    return start + (this.any && this.#mayHold(steps) ? '…' : showing.rest(rest));
  }

  #shownStep(steps: readonly Step[], i: number, step: Step, { key, hidden }: Showing): string {
    if (step.kind === 'key') {
      if (this.any && this.#cover(steps.slice(0, i))) return hidden(step.key);
      return key(step.key);
    }
    if (step.kind === 'index') return `[${step.index}]`;
    return step.kind === 'any-key' ? '.*' : '[*]';
  }

  #cover(steps: readonly Step[]): boolean {
    return this.#places.some((place) => relate(place, { of: 'json', steps }) === 'covers');
  }

  #mayHold(steps: readonly Step[]): boolean {
    return this.#places.some((place) => relate(place, { of: 'json', steps }) !== 'apart');
  }
}

/** Whether a path may have lost its middle, and with it half a character at either end. */
export const wasCut = (path: string): boolean => path.length >= defaultBounds.path - 2 && path.includes('…');

/** The steps of a path as far as they can be read, and the text behind them: nothing, unless it was cut. */
function readableStart(path: string): { readonly steps: readonly Step[]; readonly rest: string } {
  // Of one that was cut, the `…` in its middle may pass for a part of a key.
  for (let end = wasCut(path) ? path.indexOf('…') : path.length; end > 1; end--) {
    if (end < path.length && path[end] !== '.' && path[end] !== '[') continue;
    const place = jsonPlace(path.slice(0, end));
    if (place !== null) return { steps: place.steps, rest: path.slice(end) };
  }
  return { steps: [], rest: path.slice(1) };
}

function jsonPlace(text: string): JsonPlace | null {
  try {
    const place = parsePlace(text);
    return place.of === 'json' ? place : null;
  } catch {
    return null;
  }
}

/** Steps of a path that are looked at; a place has fewer. */
const mostDepth = 200;

const isDeep = ({ kind }: Step): boolean => kind === 'deep';

const stepOf = (step: string | number): Step =>
  typeof step === 'string' ? { kind: 'key', key: step } : { kind: 'index', index: step };
