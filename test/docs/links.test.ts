import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const read = (page: string): string => readFileSync(join(root, page), 'utf8').replaceAll(/```.*?```/gs, '');

/** As the sites that show these pages make them of headings. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );

describe('the pages', () => {
  it.each(pages)('%s leads only to files and sections that are there', (page) => {
    const missing = [...read(page).matchAll(/\]\(([^):\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter((target) => {
        const [file = '', anchor] = target.split('#', 2);
        const led = file === '' ? page : join(dirname(page), file);
        if (!existsSync(join(root, led))) return true;
        return anchor !== undefined && !anchorsOf(led).includes(anchor);
      });
    expect(missing).toEqual([]);
  });
});
