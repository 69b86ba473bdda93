import { readFileSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import type { Settings } from '../domain/settings.ts';
import { EditError } from './edit-error.ts';
import type { Environment } from './environment.ts';
import { sayReadError } from './file.ts';
import { readSettings } from './load.ts';
import { editPercent } from './percent-edit.ts';
import { formatProblem } from './problem.ts';
import { replaceFile } from './replace-file.ts';

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
  if (!(percent >= 0 && percent <= 100) || Number(percent.toFixed(2)) !== percent) {
    throw new EditError('invalid-percent', `a percent is from 0 to 100 with at most two decimals, not ${percent}`);
  }
  const { path, bytes, text } = await readEditable(file);
  const settings = settingsOf(text, file, env);
  const index = settings.routes.findIndex((route) => route.id === routeId);
  const route = settings.routes[index];
  if (route === undefined) throw new EditError('unknown-route', `there is no route "${routeId}" in ${file}`);

  const edit = editPercent(text, index, percent);
  if (route.percent === percent) {
    return { before: percent, after: percent, line: edit.addsLine ? edit.line - 1 : edit.line };
  }
  requireOnlyThisChange(settings, settingsOf(edit.text, file, env), index, percent);
  await replaceFile(path, bytes, Buffer.from(edit.text));
  return { before: route.percent, after: percent, line: edit.line };
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

/** The last guard: whatever the YAML looks like, the edited text means the same but for this percent. */
function requireOnlyThisChange(before: Settings, after: Settings, index: number, percent: number): void {
  const wanted = before.routes.map((route, at) => (at === index ? { ...route, percent } : route));
  if (meaning({ ...before, routes: wanted }) === meaning(after)) return;
  throw new EditError('invalid-file', 'the edit would change more than this percent: write it by hand');
}

function meaning(settings: Settings): string {
  return JSON.stringify(settings, (key, value) => (key === 'line' ? undefined : value));
}
