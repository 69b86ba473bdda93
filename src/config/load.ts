import { readFileSync } from 'node:fs';
import type { Settings } from '../domain/settings.ts';
import { withoutCredentials } from '../domain/without-credentials.ts';
import { checkDoors } from './check-doors.ts';
import { checkWebhooks } from './check-rollout.ts';
import { checkRoutes } from './check-routes.ts';
import { checkTargets } from './check-targets.ts';
import { draftOf, valueAt } from './draft.ts';
import type { Environment } from './environment.ts';
import { digestOf, type NamedFiles, readFileBytes } from './file.ts';
import { findingsOf } from './issues.ts';
import { type Finding, formatProblem, isSecret, type Path, type Problem } from './problem.ts';
import { type ReadFile, readReferences } from './references.ts';
import { fileSchema } from './schema.ts';
import { settle } from './settle.ts';
import { readSource, type Source } from './source.ts';

export { formatProblem, type Problem };

/** What reading a text gave, without saying where the text came from. */
export type Reading = { readonly references: NamedFiles } & (
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }
);

export type Loaded = {
  /** Of the file and of every file that it names. */
  readonly digest: string;
  /** Absolute paths of the files that it names. */
  readonly references: readonly string[];
} & (
  | {
      readonly ok: true;
      readonly settings: Settings;
      readonly warnings: readonly Problem[];
      readonly text: string;
      /** ms since the epoch. */
      readonly modifiedAt: number;
    }
  /** All problems at once, warnings among them, in the order of the file. */
  | { readonly ok: false; readonly problems: readonly Problem[] }
);

export type ValidFile = Extract<Loaded, { ok: true }>;

interface ReadOptions {
  /** The name that problems carry; paths in the file are relative to it. */
  readonly file: string;
  readonly env: Environment;
  /** For the certificates and keys that the file names. */
  readonly readFile: ReadFile;
}

/** Reads and validates a file; everything that is wrong comes back as problems, never as an exception. */
export async function loadSettings(file: string, env: Environment): Promise<Loaded> {
  const read = await readFileBytes(file);
  if (!read.ok) return refused(file, read.why, null);
  const text = decode(read.bytes);
  if (text === undefined) return refused(file, 'is not UTF-8 text', read.bytes);
  const reading = readSettings(text, { file, env, readFile: (path) => readFileSync(path, 'utf8') });
  const { references, ...rest } = reading;
  const common = { digest: digestOf(read.bytes, references), references: [...references.keys()] };
  return rest.ok ? { ...rest, ...common, text, modifiedAt: read.modifiedAt } : { ...rest, ...common };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function refused(file: string, message: string, bytes: Uint8Array | null): Loaded {
  const problem: Problem = { file, line: 1, column: 1, severity: 'error', message };
  return { ok: false, problems: [problem], digest: digestOf(bytes, new Map()), references: [] };
}

/** Validates a text; apart from the files that it names, everything it depends on is handed in. */
export function readSettings(text: string, { file, env, readFile }: ReadOptions): Reading {
  const source = readSource(text, env);
  const { content } = source;
  const syntax = source.syntax.map((problem): Problem => ({ file, severity: 'error', ...problem }));
  if (content === undefined) return { ok: false, problems: syntax, references: new Map() };

  const lineOf = (path: Path): number => source.place({ path, at: 'value' }).line;
  const parsed = fileSchema.safeParse(content);
  const draft = draftOf(content, parsed.data);
  const references = readReferences(draft, content, file, readFile);
  // A value whose reference to the environment failed has no content to complain about as well.
  const unread = new Set(source.findings.map(({ path }) => JSON.stringify(path)));
  const findings = [
    ...(parsed.success ? [] : findingsOf(parsed.error.issues, content)),
    ...references.findings,
    ...checkDoors(draft, (...path) => valueAt(content, path) !== undefined),
    ...checkTargets(draft, content),
    ...checkRoutes(draft, content, lineOf),
    ...checkWebhooks(draft),
  ].filter(({ path, at }) => unread.size === 0 || at === 'key' || !unread.has(JSON.stringify(path)));
  const problems = [...syntax, ...placed([...source.findings, ...findings], source, file)].sort(byPlace);
  if (!parsed.success || problems.some((problem) => problem.severity === 'error')) {
    return { ok: false, problems, references: references.texts };
  }
  const settings = settle(parsed.data, { file, references, lineOf: (route) => lineOf(['routes', route]) });
  return { ok: true, settings, warnings: problems, references: references.texts };
}

function placed(findings: readonly Finding[], source: Source, file: string): readonly Problem[] {
  return findings.map((finding) => {
    const value = finding.at === 'value' && !isSecret(finding.path) ? source.spelling(finding.path) : undefined;
    return {
      file,
      ...source.place(finding),
      severity: finding.severity,
      message: finding.message,
      ...(value === undefined || value === '' ? {} : { value: shown(value) }),
    };
  });
}

/** Shortened, and without the credentials that a URL may hold. */
function shown(value: string): string {
  return withoutCredentials(value).slice(0, 200);
}

function byPlace(one: Problem, other: Problem): number {
  return one.line - other.line || one.column - other.column;
}
