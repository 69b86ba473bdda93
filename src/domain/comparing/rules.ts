import type { ComparisonRules, Tolerance } from '../shadow.ts';
import { compileNormalization, normalizationText, type Rewriting } from './normalization.ts';
import { type Place, parsePlace } from './place.ts';
import { type Effect, type PlacedEffect, type RuleState, rootState } from './rule-states.ts';
import { toleranceText } from './tolerance-text.ts';

/** Rules, ready to compare by. Good for any number of comparisons, one at a time. */
export interface CompiledRules {
  /** Every rule as the user wrote it: `tolerance $.total: 0.01`. A position in it is the number of a rule. */
  readonly names: readonly string[];
  readonly ignoresStatus: boolean;
  readonly ignoresBody: boolean;
  /** Of each line of a text. */
  readonly lines: readonly Rewriting[];
  readonly headers: HeaderRules;
  /** Of a JSON document's root. */
  readonly root: RuleState;
}

export interface HeaderRules {
  /** Lower-case names that are compared besides the usual ones. */
  readonly also: readonly string[];
  /** By lower-case name, or `set-cookie:name`. */
  readonly ignored: ReadonlySet<string>;
  readonly tolerances: ReadonlyMap<string, Tolerance>;
  readonly rewritings: ReadonlyMap<string, readonly Rewriting[]>;
}

/** Throws `PlaceError` and `RuleError`; rules that came through config validation never do. */
export function compileRules(rules: ComparisonRules): CompiledRules {
  const names = ruleNames(rules);
  const effects: { readonly place: Place; readonly effect: Effect }[] = [];
  for (const at of rules.ignore) effects.push({ place: parsePlace(at), effect: { does: 'ignore' } });
  for (const { at, by } of rules.tolerance) effects.push({ place: parsePlace(at), effect: { does: 'tolerate', by } });
  for (const { at, key } of rules.unordered) effects.push({ place: parsePlace(at), effect: { does: 'unorder', key } });
  for (const rule of rules.normalize) {
    const number = effects.length;
    const by = compileNormalization(rule, number, names[number]!);
    effects.push({ place: parsePlace(rule.at), effect: { does: 'rewrite', by } });
  }
  const ignores = (of: Place['of']) => effects.some(({ place, effect }) => place.of === of && effect.does === 'ignore');
  return {
    names,
    ignoresStatus: ignores('status'),
    ignoresBody: ignores('body'),
    lines: effects.flatMap(({ place, effect }) =>
      place.of === 'body' && effect.does === 'rewrite' ? [effect.by] : [],
    ),
    headers: headerRules(rules.headers, effects),
    root: rootState(
      effects.flatMap(({ place, effect }): PlacedEffect[] =>
        place.of === 'json' ? [{ steps: place.steps, effect }] : [],
      ),
    ),
  };
}

/** In the order of {@link CompiledRules.names}. */
export function ruleNames(rules: ComparisonRules): string[] {
  return [
    ...rules.ignore.map((at) => `ignore ${at}`),
    ...rules.tolerance.map(({ at, by }) => `tolerance ${at}: ${toleranceText(by)}`),
    ...rules.unordered.map(({ at, key }) => (key === null ? `unordered ${at}` : `unordered ${at}: ${key}`)),
    ...rules.normalize.map((rule) => `normalize ${rule.at}: ${normalizationText(rule)}`),
    ...rules.headers.map((name) => `headers ${name}`),
  ];
}

function headerRules(
  also: readonly string[],
  effects: readonly { readonly place: Place; readonly effect: Effect }[],
): HeaderRules {
  const ignored = new Set<string>();
  const tolerances = new Map<string, Tolerance>();
  const rewritings = new Map<string, Rewriting[]>();
  for (const { place, effect } of effects) {
    if (place.of !== 'header') continue;
    const name = place.part === null || place.part === '*' ? place.name : `${place.name}:${place.part}`;
    if (effect.does === 'ignore') ignored.add(name);
    else if (effect.does === 'tolerate') tolerances.set(name, effect.by);
    else if (effect.does === 'rewrite') rewritings.set(name, [...(rewritings.get(name) ?? []), effect.by]);
  }
  return { also: also.map((name) => name.toLowerCase()), ignored, tolerances, rewritings };
}
