import { readFileSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { toleranceText } from '../domain/comparing/tolerance-text.ts';
import type { ProposedRule } from '../domain/proposal.ts';
import type { Route, Settings } from '../domain/settings.ts';
import type { ComparisonRules, Tolerance } from '../domain/shadow.ts';
import { EditError } from './edit-error.ts';
import type { Environment } from './environment.ts';
import { sayReadError } from './file.ts';
import { readSettings } from './load.ts';
import { editPercent } from './percent-edit.ts';
import { formatProblem } from './problem.ts';
import { replaceFile } from './replace-file.ts';
import { editRules } from './rules-edit.ts';
import { editShadowPercent } from './shadow-edit.ts';
import type { TextEdit } from './splice.ts';

export { EditError };

interface WrittenPercent {
  readonly before: number;
  readonly after: number;
  /** The line that says it now; 1-based. */
  readonly line: number;
}

/**
 * Declares a route's percent in routes.yaml: one scalar's bytes, or one added line. Throws {@link EditError}, and
 * leaves the file alone, where that can't be done so that the file says exactly this one thing differently.
 */
export async function writePercent(
  file: string,
  routeId: string,
  percent: number,
  env: Environment = process.env,
): Promise<WrittenPercent> {
  requirePercent(percent);
  const { editable, settings, index, route } = await openRoute(file, routeId, env);
  const edit = editPercent(editable.text, index, percent);
  const wanted = { ...route, percent };
  return saved({ file, env, editable, settings, index, edit, wanted }, route.percent, percent);
}

/** Declares the percent of a route's shadow as {@link writePercent} declares the route's own. */
export async function writeShadowPercent(
  file: string,
  routeId: string,
  percent: number,
  env: Environment = process.env,
): Promise<WrittenPercent> {
  requirePercent(percent);
  const { editable, settings, index, route } = await openRoute(file, routeId, env);
  const edit = editShadowPercent(editable.text, index, percent, route.percent);
  const wanted = { ...route, shadow: { ...route.shadow, percent } };
  return saved({ file, env, editable, settings, index, edit, wanted }, route.shadow.percent, percent);
}

/**
 * Adds rules to a route's shadow in routes.yaml, without those that it has already; what else stands there stays as
 * it is. Returns the rules that were added, and throws {@link EditError} as {@link writePercent} does.
 */
export async function writeRules(
  file: string,
  routeId: string,
  rules: readonly ProposedRule[],
  env: Environment = process.env,
): Promise<readonly ProposedRule[]> {
  const { editable, settings, index, route } = await openRoute(file, routeId, env);
  const added = rules.filter((rule) => !hasRule(route.shadow.rules, rule));
  if (added.length === 0) return added;
  const { percent, shadow } = route;
  const text = editRules(editable.text, index, added, { percent, shadow: shadow.percent });
  const wanted = { ...route, shadow: { ...shadow, rules: added.reduce(withRule, shadow.rules) } };
  await save({ file, env, editable, settings, index, edit: { text }, wanted }, 'these rules');
  return added;
}

/** Throws where another tolerance stands at the place: a map holds one, and which of the two is right isn't ours to say. */
function hasRule({ ignore, tolerance, unordered }: ComparisonRules, rule: ProposedRule): boolean {
  const { kind, at } = rule;
  if (kind === 'ignore') return ignore.includes(at);
  if (kind === 'unordered') return unordered.some((one) => one.at === at);
  const present = tolerance.find((one) => one.at === at);
  if (present === undefined) return false;
  if (isAsWide(present.by, rule.by)) return true;
  const [stands, wanted] = [toleranceText(present.by), toleranceText(rule.by)];
  throw new EditError('layout', `"tolerance" has ${stands} at ${at}, in the way of ${wanted}: change it by hand`);
}

/** Of two kinds neither is the wider: 1% may be more than 5 or less. */
function isAsWide(one: Tolerance, other: Tolerance): boolean {
  if (one.kind === 'time') return other.kind === 'time' && one.milliseconds >= other.milliseconds;
  return one.kind === other.kind && one.value >= other.value;
}

function withRule(rules: ComparisonRules, rule: ProposedRule): ComparisonRules {
  const { kind, at } = rule;
  if (kind === 'ignore') return { ...rules, ignore: [...rules.ignore, at] };
  if (kind === 'tolerance') return { ...rules, tolerance: [...rules.tolerance, { at, by: rule.by }] };
  return { ...rules, unordered: [...rules.unordered, { at, key: null }] };
}

function requirePercent(percent: number): void {
  if (percent >= 0 && percent <= 100 && Number(percent.toFixed(2)) === percent) return;
  throw new EditError('invalid-percent', `a percent is from 0 to 100 with at most two decimals, not ${percent}`);
}

async function openRoute(file: string, routeId: string, env: Environment) {
  const editable = await readEditable(file);
  const settings = settingsOf(editable.text, file, env);
  const index = settings.routes.findIndex((route) => route.id === routeId);
  const route = settings.routes[index];
  if (route === undefined) throw new EditError('unknown-route', `there is no route "${routeId}" in ${file}`);
  return { editable, settings, index, route };
}

interface Edited {
  readonly file: string;
  readonly env: Environment;
  readonly editable: Editable;
  readonly settings: Settings;
  readonly index: number;
  readonly edit: Pick<TextEdit, 'text'>;
  /** The route as it should be understood afterwards. */
  readonly wanted: Route;
}

async function saved(
  edited: Edited & { readonly edit: TextEdit },
  before: number,
  after: number,
): Promise<WrittenPercent> {
  const { edit } = edited;
  if (before === after) return { before, after, line: edit.addsLine ? edit.line - 1 : edit.line };
  await save(edited, 'this percent');
  return { before, after, line: edit.line };
}

/** The last guard: whatever the YAML looks like, the edited text means the same but for what was wanted. */
async function save({ file, env, editable, settings, index, edit, wanted }: Edited, what: string): Promise<void> {
  const expected = settings.routes.map((route, at) => (at === index ? wanted : route));
  if (meaning({ ...settings, routes: expected }) !== meaning(settingsOf(edit.text, file, env))) {
    throw new EditError('invalid-file', `the edit would change more than ${what}: write it by hand`);
  }
  await replaceFile(editable.path, editable.bytes, Buffer.from(edit.text));
}

interface Editable {
  /** With links followed: the link stays, its file changes. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly text: string;
}

async function readEditable(file: string): Promise<Editable> {
  try {
    const path = await realpath(file);
    const bytes = await readFile(path);
    // A byte order mark is kept as a character, so that it is written back.
    return { path, bytes, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    throw new EditError('invalid-file', `${file} cannot be read: ${sayReadError(error)}`, { cause: error });
  }
}

function settingsOf(text: string, file: string, env: Environment): Settings {
  const reading = readSettings(text.replace(/^\ufeff/, ''), {
    file,
    env,
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  if (reading.ok) return reading.settings;
  const errors = reading.problems.filter((problem) => problem.severity === 'error').map(formatProblem);
  throw new EditError('invalid-file', `the file is not valid, or would not be afterwards:\n${errors.join('\n')}`);
}

/** Lines move with an edit, and fingerprints with the rules: neither is what the file says. */
function meaning(settings: Settings): string {
  return JSON.stringify(settings, (key, value) => (key === 'line' || key === 'fingerprint' ? undefined : value));
}
