import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compiled } from '../example/support/processes.ts';

const run = promisify(execFile);

describe('a shop whose processes are killed while it sells', () => {
  it('sells each piece once, charges for what it sells, and gives back the rest', { timeout: 120_000 }, async () => {
    const more = ['--checkouts', '150', '--kills', '8', '--seed', '7'];
    const { stdout } = await run(process.execPath, [compiled('dist/example/crash.js'), ...more], { timeout: 110_000 });
    expect(stdout).toContain('The books are right.');
    expect(stdout).toMatch(/killed by kill -9 +8: /);
    // Each of them was killed once at least.
    expect(stdout).toMatch(/gateway [1-9].*inventory [1-9].*payments [1-9].*orders [1-9].*proxy [1-9]/);
    expect(Number(/confirmed +(\d+)/.exec(stdout)?.[1])).toBeGreaterThan(75);
    expect(stdout).toMatch(/given up +0/);
  });
});
