import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');
const routes = read('routes.yaml').split('\n');

describe('README.md', () => {
  it('names the lines of routes.yaml on which things stand', () => {
    const [, line] = /routes\.yaml line (\d+): GET \/api\/orders\/:id/.exec(readme)!;
    expect(routes[Number(line) - 1]).toBe('  - id: order-read');
    const [, wrong, column] = /routes\.yaml:(\d+):(\d+) {2}unknown service "oders"/.exec(readme)!;
    expect(routes[Number(wrong) - 1]!.slice(Number(column) - 1)).toBe('orders');
    expect(routes[Number(wrong) - 1]).toContain('service:');
  });

  it('knows only scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
