import { isMap, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { toleranceText } from '../domain/comparing/tolerance-text.ts';
import type { ProposedRule } from '../domain/proposal.ts';
import { EditError } from './edit-error.ts';
import { editShadowPercent, editShadowToMap } from './shadow-edit.ts';
import {
  columnOf,
  endOf,
  linesBehind,
  ownPair,
  pairBehind,
  refuseMerged,
  refuseShared,
  routeIn,
  type Splice,
  spliced,
} from './splice.ts';

/**
 * Adds rules to a route's shadow, behind those that are there. A route without a shadow gets one that says what is
 * so already: its `percent`, and none of its requests copied.
 */
export function editRules(
  text: string,
  routeIndex: number,
  rules: readonly ProposedRule[],
  { percent, shadow }: { readonly percent: number; readonly shadow: number },
): string {
  const declared = ownPair(routeIn(text, routeIndex), 'shadow');
  const withShadow = declared ? text : editShadowPercent(text, routeIndex, shadow, percent).text;
  return rules.reduce(
    (edited, rule) => spliced(edited, addition(edited, shadowIn(edited, routeIndex), rule)).text,
    editShadowToMap(withShadow, routeIndex),
  );
}

function shadowIn(text: string, routeIndex: number): YAMLMap {
  const shadow = ownPair(routeIn(text, routeIndex), 'shadow')?.value as Node | undefined;
  refuseShared(shadow, 'the shadow');
  if (!isMap(shadow)) throw new EditError('invalid-file', 'the shadow is not a map in this file');
  return shadow;
}

function addition(text: string, shadow: YAMLMap, rule: ProposedRule): Splice {
  const declared = ownPair(shadow, rule.kind);
  if (declared) return toRules(text, declared, rule);
  refuseMerged(shadow, rule.kind);
  const entry = entryOf(rule);
  const last = shadow.items.at(-1);
  if (!last) return intoEmpty(text, shadow, `{ ${rule.kind}: ${entry.inline} }`);
  return pairBehind(text, shadow, last, {
    inline: `${rule.kind}: ${entry.inline}`,
    lines: [`${rule.kind}:`, `  ${entry.line}`],
  });
}

/** Into the list or map that a kind of rules is in already. */
function toRules(text: string, { value }: Pair, rule: ProposedRule): Splice {
  const rules = value as Node;
  refuseShared(rules, `"${rule.kind}"`);
  const isList = rule.kind !== 'tolerance';
  if (isList ? !isSeq(rules) : !isMap(rules)) {
    const other = isList ? `is a map, where ${scalarText(rule.at)} has no key: make it a list` : 'is not a map';
    throw new EditError('layout', `"${rule.kind}" ${other}, or write this rule by hand`);
  }
  return into(text, rules as YAMLMap | YAMLSeq, entryOf(rule));
}

function into(text: string, rules: YAMLMap | YAMLSeq, { line, inline, bare }: Entry): Splice {
  const last = rules.items.at(-1) as Pair | Node | undefined;
  if (!last) return intoEmpty(text, rules, inline);
  const end = endOf(last);
  if (rules.flow) return { from: end, to: end, text: `, ${bare}` };
  return linesBehind(text, end, columnOf(text, rules.range![0]), [line]);
}

/** A list or map of nothing has no layout to keep, unless somebody wrote a comment between its brackets. */
function intoEmpty(text: string, rules: YAMLMap | YAMLSeq, inline: string): Splice {
  const [from, to] = rules.range!;
  const between = text.slice(from + 1, to - 1);
  if (between.trim() !== '') {
    const lineNumber = text.slice(0, from).split('\n').length;
    throw new EditError(
      'layout',
      `a comment stands between the brackets in line ${lineNumber}: write ${inline} by hand`,
    );
  }
  return { from, to, text: inline };
}

interface Entry {
  /** As a line of its own in a block. */
  readonly line: string;
  /** As a whole list or map of one. */
  readonly inline: string;
  /** Among others between brackets. */
  readonly bare: string;
}

function entryOf(rule: ProposedRule): Entry {
  const at = scalarText(rule.at);
  if (rule.kind !== 'tolerance') return { line: `- ${at}`, inline: `[${at}]`, bare: at };
  const entry = `${at}: ${toleranceText(rule.by)}`;
  return { line: entry, inline: `{ ${entry} }`, bare: entry };
}

/** Rules as they stand under `shadow:`, one kind after the other. */
export function ruleLines(rules: readonly ProposedRule[]): string[] {
  return (['ignore', 'tolerance', 'unordered'] as const).flatMap((kind) => {
    const some = rules.filter((rule) => rule.kind === kind);
    return some.length === 0 ? [] : [`${kind}:`, ...some.map((rule) => `  ${entryOf(rule).line}`)];
  });
}

/** Places may hold whatever a key of somebody's JSON holds. */
function scalarText(text: string): string {
  // Two dollars stand for one where a brace follows: no place reads the environment.
  const escaped = text.replaceAll('${', () => '$${');
  if (/^[$A-Za-z](?:[\w$.*-]|:(?=\w))*$/.test(escaped)) return escaped;
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(escaped)) return JSON.stringify(escaped);
  const readsBetter = escaped.includes("'") && !/["\\]/.test(escaped);
  return readsBetter ? `"${escaped}"` : `'${escaped.replaceAll("'", "''")}'`;
}
