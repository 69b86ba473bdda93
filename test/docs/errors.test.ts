import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errors } from '../../src/domain/errors.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d+) \| (\w+) \| (yes|no) \| (.+) \|$/gm)];

describe('docs/errors.md', () => {
  it('has the rows of the error table, in its order and in its words', () => {
    const told = rows.map(([, code, status, cause, retry, sentence]) => ({
      code,
      status: Number(status),
      cause,
      retryable: retry === 'yes',
      sentence,
    }));
    expect(told).toEqual(Object.entries(errors).map(([code, { retryAfter: _, ...error }]) => ({ code, ...error })));
  });

  it('has no row that nothing raises', () => {
    const source = ['proxy', 'target']
      .map((folder) => join(import.meta.dirname, '../../src', folder))
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    expect(Object.keys(errors).filter((code) => !source.includes(`'${code}'`))).toEqual([]);
  });

  it('gives advice only on errors that exist', () => {
    const advised = [...page.slice(page.indexOf('## What to do')).matchAll(/`([a-z]+-[a-z-]+)`/g)].map(
      ([, code]) => code!,
    );
    expect(advised.length).toBeGreaterThan(5);
    expect(advised.filter((code) => !(code in errors))).toEqual([]);
  });
});
