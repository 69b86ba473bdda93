import { printable } from '../domain/printable.ts';

/** Something about routes.yaml that its author should hear of, and where it stands. */
export interface Problem {
  readonly file: string;
  /** 1-based, as editors count. */
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** What the file says there, shortened; absent for secrets and for whole sections. */
  readonly value?: string;
}

/** Where a value stands in the tree that routes.yaml spells out. */
export type Path = readonly (string | number)[];

/** A problem that still names its place by path; `at: 'key'` blames the key, not what it holds. */
export interface Finding {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export const errorAt = (path: Path, message: string, at: Finding['at'] = 'value'): Finding => ({
  path,
  at,
  severity: 'error',
  message,
});

export const warningAt = (path: Path, message: string, at: Finding['at'] = 'value'): Finding => ({
  path,
  at,
  severity: 'warning',
  message,
});

/** `routes.yaml:14:7  unknown service "oders" (did you mean "orders"?)`: editors and terminals link to it. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, severity, message } = problem;
  return printable(
    `${file.replace(/^\.\//, '')}:${line}:${column}  ${severity === 'warning' ? 'warning: ' : ''}${message}`,
  );
}

const longestQuote = 80;

/** A value as it may stand in a message: on one line, shortened, text in quotes. */
export function quote(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return JSON.stringify(text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text);
}

/** What must not be shown, whatever is wrong with it. */
export function isSecret(path: Path): boolean {
  const key = path.at(-1);
  if (key === 'token' || key === 'secret') return true;
  // Where the map around it was forgotten, the secret stands in its place.
  return path.length === 1 && (key === 'admin' || key === 'override');
}
