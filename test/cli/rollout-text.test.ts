import { expect, it } from 'vitest';
import { rolloutLines } from '../../src/cli/rollout-text.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { rolloutStatuses } from '../../src/domain/rollout/status.ts';
import { aRollout, planned } from '../rollout/a-rollout.ts';

const plain = { style: (_: unknown, text: string) => text } as unknown as Terminal;

it('says that a step waits to be promoted, but for the last one, which is complete by its gates', () => {
  const steps = [5, 100].map((percent) => ({ percent, hold: 60_000, approve: true }));
  const waitsFor = (step: number) => {
    const [status] = rolloutStatuses([aRollout({ step, settings: planned({ steps }) })]);
    return rolloutLines(status!, 'routes.yaml', plain).find((line) => line.startsWith('waits for'));
  };
  expect(waitsFor(0)).toBe('waits for  1m more, and its gates, and somebody to promote it; then 100 %');
  expect(waitsFor(1)).toBe('waits for  1m more, and its gates; then it is complete');
});
