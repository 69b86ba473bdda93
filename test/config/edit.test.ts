// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment are part of the format.
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EditError, writePercent } from '../../src/config/edit.ts';
import { editPercent } from '../../src/config/percent-edit.ts';
import { replaceFile } from '../../src/config/replace-file.ts';
import { folder, routesFile } from './folder.ts';
import { withRoutes } from './reading.ts';

async function edited(before: string, percent: number, route = 'a'): Promise<string> {
  const file = routesFile(before);
  await writePercent(file, route, percent, {});
  return readFileSync(file, 'utf8');
}

async function refusal(text: string, percent = 5, route = 'a', env = {}): Promise<string> {
  const file = routesFile(text);
  const error = await writePercent(file, route, percent, env).then(
    () => new Error('it was written'),
    (reason: Error) => reason,
  );
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(readdirSync(dirname(file))).toEqual(['routes.yaml']);
  return error instanceof EditError ? error.code : error.message;
}

describe('writing a percent', () => {
  it('says what was before, what is now and in which line', async () => {
    const file = routesFile(withRoutes('  - id: a', '    match: /a', '    service: orders', '    percent: 5'));
    expect(await writePercent(file, 'a', 12.5, {})).toEqual({ before: 5, after: 12.5, line: 10 });
    expect(await writePercent(file, 'a', 12.5, {})).toEqual({ before: 12.5, after: 12.5, line: 10 });
  });

  it.each([
    ['    percent: 5   # careful', '    percent: 25   # careful'],
    ["    percent: '5'", "    percent: '25'"],
    ['    percent: "5" #x', '    percent: "25" #x'],
    ['    "percent":    5', '    "percent":    25'],
    ['    percent:\n      5', '    percent:\n      25'],
  ])('changes %j to %j and nothing else', async (before, after) => {
    const text = (line: string) =>
      withRoutes(
        '  # one',
        '  - id: a',
        '    match:   /a',
        line,
        '    service: orders',
        '',
        '  - { match: /b, service: stock }',
      );
    expect(await edited(text(before), 25)).toBe(text(after));
  });

  it.each([
    [
      '  - id: a\n    match: /a\n    service: orders # new',
      '  - id: a\n    match: /a\n    service: orders # new\n    percent: 25',
    ],
    ['  - service: orders\n    id: a\n    match: /a', '  - service: orders\n    percent: 25\n    id: a\n    match: /a'],
    [
      '  -\n      service: "orders"\n      id: a\n      match: /a',
      '  -\n      service: "orders"\n      percent: 25\n      id: a\n      match: /a',
    ],
    [
      '  - service: >-\n      orders\n    id: a\n    match: /a',
      '  - service: >-\n      orders\n    percent: 25\n    id: a\n    match: /a',
    ],
    ['  - { id: a, service: orders, match: /a }', '  - { id: a, service: orders, percent: 25, match: /a }'],
    ['  - {id: a, match: /a, service: orders}', '  - {id: a, match: /a, service: orders, percent: 25}'],
    ['  - { id: a, percent: 5, service: orders, match: /a }', '  - { id: a, percent: 25, service: orders, match: /a }'],
  ])('adds what is missing: %j', async (before, after) => {
    expect(await edited(withRoutes(before), 25)).toBe(withRoutes(after));
  });

  it('adds a line at the very end of a file that has no last line break', async () => {
    const text = withRoutes('  - id: a', '    match: /a', '    service: orders').trimEnd();
    expect(await edited(text, 25)).toBe(`${text}\n    percent: 25`);
  });

  it('keeps Windows line ends and a byte order mark', async () => {
    const windows = (text: string) => `\ufeff${text.replaceAll('\n', '\r\n')}`;
    const bare = ['  - id: a', '    match: /a', '    service: orders'];
    expect(await edited(windows(withRoutes(...bare)), 25)).toBe(windows(withRoutes(...bare, '    percent: 25')));
    expect(await edited(windows(withRoutes(...bare, '    percent: 5')), 25)).toBe(
      windows(withRoutes(...bare, '    percent: 25')),
    );
  });

  it('finds a route by the id that its match gives it, and among routes that read the environment', async () => {
    const file = routesFile(
      withRoutes(
        '  - { id: "${ID}", match: /a, service: orders, percent: 1 }',
        '  - { match: GET /b, service: orders, percent: 2 }',
      ),
    );
    await writePercent(file, 'get-b', 20, { ID: 'a' });
    await writePercent(file, 'a', 10, { ID: 'a' });
    expect(readFileSync(file, 'utf8')).toBe(
      withRoutes(
        '  - { id: "${ID}", match: /a, service: orders, percent: 10 }',
        '  - { match: GET /b, service: orders, percent: 20 }',
      ),
    );
  });

  it('leaves a file alone that says it already', async () => {
    const file = routesFile(withRoutes('  - { id: a, match: /a, service: orders }'));
    const { ino } = statSync(file);
    expect(await writePercent(file, 'a', 100, {})).toEqual({ before: 100, after: 100, line: 7 });
    expect(statSync(file).ino).toBe(ino);
  });

  it('keeps the mode, follows links and leaves nothing behind', async () => {
    const file = routesFile(withRoutes('  - { id: a, match: /a, service: orders, percent: 5 }'));
    chmodSync(file, 0o640);
    const link = join(folder(), 'routes.yaml');
    symlinkSync(file, link);
    await writePercent(link, 'a', 25, {});
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain('percent: 25');
    expect(statSync(file).mode & 0o7777).toBe(0o640);
    expect(readdirSync(dirname(file))).toEqual(['routes.yaml']);
    expect(readdirSync(dirname(link))).toEqual(['routes.yaml']);
  });
});

describe('writing a percent is refused', () => {
  it('for a route that is not there', async () => {
    expect(await refusal(withRoutes('  - { id: a, match: /a, service: orders }'), 5, 'b')).toBe('unknown-route');
  });

  it.each([-1, 101, Number.NaN, 5.001])('for %d', async (percent) => {
    expect(await refusal(withRoutes('  - { id: a, match: /a, service: orders }'), percent)).toBe('invalid-percent');
  });

  it('where the environment says it', async () => {
    const text = withRoutes('  - { id: a, match: /a, service: orders, percent: "${P:-7}" }');
    expect(await refusal(text)).toBe('from-environment');
    expect(await refusal(text, 7)).toBe('from-environment');
  });

  it.each([
    [
      'an aliased percent',
      '  - { id: b, match: /b, service: orders, percent: &p 1 }\n  - { id: a, match: /a, service: orders, percent: *p }',
    ],
    ['an anchored percent', '  - { id: a, match: /a, service: orders, percent: &p 1 }'],
    ['an anchored route', '  - &r { id: a, match: /a, service: orders, percent: 1 }'],
    ['a merged percent', '  - { id: a, match: /a, <<: { service: orders, percent: 1 } }'],
    ['a merged service', '  - { id: a, match: /a, <<: { service: orders } }'],
    ['a missing percent beside a merge', '  - { id: a, match: /a, service: orders, <<: { fallback: none } }'],
  ])('for %s', async (_, routes) => {
    expect(await refusal(withRoutes(routes))).toBe('shared');
  });

  it('for an aliased list of routes', async () => {
    const text = withRoutes('  - { id: a, match: /a, service: orders, percent: 1 }').replace('routes:', 'routes: &all');
    expect(await refusal(text)).toBe('shared');
  });

  it('where the file is wrong, or would be afterwards', async () => {
    expect(await refusal(withRoutes('  - { id: a, match: /a, service: oders }'))).toBe('invalid-file');
    expect(await refusal(withRoutes('  - { id: a, match: /a, service: orders, legacy: retired }'))).toBe(
      'invalid-file',
    );
    expect(await refusal('routes: [')).toBe('invalid-file');
  });

  it('when someone else has changed the file in the meantime', async () => {
    const file = routesFile('theirs');
    const replacing = replaceFile(file, Buffer.from('what I read'), Buffer.from('mine'));
    await expect(replacing).rejects.toMatchObject({ name: 'EditError', code: 'changed-meanwhile' });
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    expect(readdirSync(dirname(file))).toEqual(['routes.yaml']);
  });

  it('when the folder is gone', async () => {
    const replacing = replaceFile(join(folder(), 'gone', 'routes.yaml'), Buffer.from(''), Buffer.from(''));
    await expect(replacing).rejects.toMatchObject({ name: 'EditError', code: 'unwritable' });
  });
});

describe('the bytes around an edit', () => {
  const comment = fc.constantFrom('', ' # percent: 3', ' #', '  # "quoted" ünïcode');
  const quoted = fc.constantFrom('', '"', "'");
  const lineBreak = fc.constantFrom('\n', '\r\n');
  const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
  const filler = fc.constantFrom('', '# note', '  # indented note');

  it('stay as they are, wherever the percent stands', () => {
    fc.assert(
      fc.property(
        fc.record({
          comment,
          quoted,
          lineBreak,
          filler,
          before: percent,
          after: percent,
          at: fc.integer({ min: 0, max: 2 }),
        }),
        ({ comment, quoted, lineBreak, filler, before, after, at }) => {
          const text = (value: number) => {
            const keys = ['match: /a', 'service: orders'];
            keys.splice(at, 0, `percent: ${quoted}${value}${quoted}${comment}`);
            const route = keys.map((key, index) => `${index === 0 ? '  - ' : '    '}${key}`);
            return withRoutes(filler, ...route, filler).replaceAll('\n', lineBreak);
          };
          expect(editPercent(text(before), 0, after).text).toBe(text(after));
        },
      ),
    );
  });

  it('are joined by one line when the percent was missing', () => {
    fc.assert(
      fc.property(fc.record({ comment, lineBreak, filler, after: percent, first: fc.boolean() }), (given) => {
        const { comment, lineBreak, filler, after, first } = given;
        const text = (...added: string[]) => {
          const service = [`service: orders${comment}`, ...added];
          const keys = first ? [...service, 'match: /a'] : ['match: /a', ...service];
          const route = keys.map((key, index) => `${index === 0 ? '  - ' : '    '}${key}`);
          return withRoutes(filler, ...route, filler).replaceAll('\n', lineBreak);
        };
        expect(editPercent(text(), 0, after).text).toBe(text(`percent: ${after}`));
      }),
    );
  });
});
