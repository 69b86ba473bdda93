import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compiled } from '../example/support/processes.ts';

const run = promisify(execFile);

async function crash(...more: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [compiled('dist/example/crash.js'), ...more], { timeout: 110_000 });
  return stdout;
}

const isRedisThere = spawnSync('redis-server', ['--version']).status === 0;
if (!isRedisThere) console.warn('redis-server is not there: the crash test runs over SQLite alone');

describe('a shop whose processes are killed while it sells', () => {
  it('sells each piece once, charges for what it sells, gives back the rest, and tells of every order', {
    timeout: 120_000,
  }, async () => {
    const told = await crash('--checkouts', '120', '--kills', '7', '--seed', '7');
    expect(told).toContain('The books are right.');
    expect(told).toMatch(/killed by kill -9 +7: /);
    // Each of them was killed once at least.
    expect(told).toMatch(/gateway [1-9].*inventory [1-9].*payments [1-9].*orders [1-9].*proxy [1-9]/);
    expect(Number(/confirmed +(\d+)/.exec(told)?.[1])).toBeGreaterThan(45);
    expect(told).toMatch(/given up +0/);
    expect(Number(/orders told of +(\d+), by \d+ events/.exec(told)?.[1])).toBeGreaterThan(45);
    expect(told).toMatch(/uncertain +\d+, of which \d+ had happened/);
  });

  it.skipIf(!isRedisThere)('does so when Redis is killed as well', { timeout: 120_000 }, async () => {
    const told = await crash('--checkouts', '80', '--kills', '7', '--seed', '7', '--bus', 'redis');
    expect(told).toContain('The books are right.');
    expect(told).toMatch(/: redis [1-9]/);
    expect(told).toMatch(/given up +0/);
  });
});
