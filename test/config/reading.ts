import { type Reading, readSettings } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import type { Settings } from '../../src/domain/settings.ts';

/** No file is there unless a test says so. */
const noFile = (path: string): string => {
  throw Object.assign(new Error(path), { code: 'ENOENT' });
};

export function read(text: string, env: Record<string, string> = {}, readFile = noFile): Reading {
  return readSettings(text, { file: '/etc/strangler/routes.yaml', env, readFile });
}

/** Problems as they are printed, without the file's name. */
export function problemsOf(text: string, env?: Record<string, string>, readFile = noFile): readonly string[] {
  const reading = read(text, env, readFile);
  const problems = reading.ok ? reading.warnings : reading.problems;
  return problems.map((problem) => formatProblem(problem).replace('/etc/strangler/routes.yaml:', ''));
}

export function settingsOf(text: string, env?: Record<string, string>, readFile = noFile): Settings {
  const reading = read(text, env, readFile);
  if (!reading.ok) throw new Error(reading.problems.map(formatProblem).join('\n'));
  return reading.settings;
}

/** A valid file around some routes; the first of them is in line 7. */
export function withRoutes(...routes: string[]): string {
  return [
    'version: 1',
    'legacy: { url: http://127.0.0.1:3000 }',
    'services:',
    '  orders: { url: http://127.0.0.1:4001, writes: shared }',
    '  stock: { url: http://127.0.0.1:4002, writes: separate }',
    'routes:',
    ...routes,
    '',
  ].join('\n');
}
