import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { busyBetween, MachineLoad, ticksIn } from '../../src/shadow/machine-load.ts';
import { until } from './mirrored-front.ts';

describe("the machine's load", () => {
  test('is all but idling and waiting for disks, and counts guests once', () => {
    const stat = 'cpu  100 20 30 1000 50 6 7 8 40 9\ncpu0 1 1 1 1\nintr 5 0 0\n';
    expect(ticksIn(stat)).toEqual({ busy: 171, all: 1221 });
    expect(ticksIn('cpu 1 2 3 4\n')).toEqual({ busy: 6, all: 10 });
  });

  test('is unknown where the file says something else', () => {
    for (const text of ['', 'cpu0 1 2 3 4\n', 'cpu  a b\n', 'cpu  1 2\n']) expect(ticksIn(text)).toBeNull();
  });

  test('is a share, also where counts stand still or go back', () => {
    const before = { busy: 100, all: 200 };
    expect(busyBetween(before, { busy: 130, all: 300 })).toBe(0.3);
    expect(busyBetween(before, before)).toBe(0);
    expect(busyBetween(before, { busy: 90, all: 300 })).toBe(0);
    expect(busyBetween(before, { busy: 250, all: 300 })).toBe(1);
  });

  test.runIf(process.platform === 'linux')('is read from this machine, at most once a second', async () => {
    expect(ticksIn(readFileSync('/proc/stat', 'latin1'))!.all).toBeGreaterThan(0);
    const load = new MachineLoad();
    let now = 0;
    await until(() => {
      now += 1_000;
      load.look(now);
      return load.busy > 0;
    });
    expect(load.busy).toBeLessThanOrEqual(1);
  });
});
