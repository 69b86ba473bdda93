import { PlaceError, parsePlace } from '../comparing/place.ts';
import { keyText, type Step } from '../comparing/step.ts';

/** One step into a JSON document: a key, or a position. */
export type SourceStep = string | number;

/** Where a value of an event comes from. */
export type Source =
  | { readonly from: 'answer' | 'request'; readonly steps: readonly SourceStep[] }
  /** A parameter that the route's match has bound. */
  | { readonly from: 'path'; readonly name: string }
  | { readonly from: 'text'; readonly text: string };

export class SourceError extends Error {
  override readonly name = 'SourceError';
}

const shapes = 'a source is $.a.b of the answer, request:$.a.b of the request, path:NAME or text:WORDS';

/** Reads `$.id`, `request:$.cart[0].sku`, `path:id` or `text:web`. Throws {@link SourceError}. */
export function parseSource(text: string): Source {
  if (text.startsWith('$')) return { from: 'answer', steps: parseSteps(text) };
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  switch (text.slice(0, Math.max(0, colon))) {
    case 'request':
      return { from: 'request', steps: parseSteps(rest) };
    case 'text':
      return { from: 'text', text: rest };
    case 'path':
      if (!/^(?:[A-Za-z_]\w*|\*)$/.test(rest)) throw new SourceError('"path:" is followed by a name of the match');
      return { from: 'path', name: rest };
    default:
      throw new SourceError(shapes);
  }
}

/** As {@link parseSource} reads it. */
export function sourceText(source: Source): string {
  switch (source.from) {
    case 'answer':
      return stepsText(source.steps);
    case 'request':
      return `request:${stepsText(source.steps)}`;
    case 'path':
      return `path:${source.name}`;
    case 'text':
      return `text:${source.text}`;
  }
}

function parseSteps(text: string): readonly SourceStep[] {
  if (!text.startsWith('$')) throw new SourceError(shapes);
  try {
    const place = parsePlace(text);
    return place.of === 'json' ? place.steps.map(oneStep) : [];
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    throw new SourceError(`${error.message} (character ${error.offset + 1})`);
  }
}

function oneStep(step: Step): SourceStep {
  if (step.kind === 'key') return step.key;
  if (step.kind === 'index') return step.index;
  throw new SourceError('it names one place: no * and no ..');
}

function stepsText(steps: readonly SourceStep[]): string {
  return `$${steps.map((step) => (typeof step === 'number' ? `[${step}]` : keyText(step))).join('')}`;
}

/** The value at a place; `undefined` where there is none. What objects inherit is not in any document. */
export function valueAt(document: unknown, steps: readonly SourceStep[]): unknown {
  let value = document;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    // An array's length is no value of the document either.
    if (Array.isArray(value) !== (typeof step === 'number')) return undefined;
    value = (value as Record<SourceStep, unknown>)[step];
  }
  return value;
}
