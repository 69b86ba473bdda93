// Conducts one rollout after the other, and prints each version once it is acknowledged: `node conduct-forever.mjs PATH PLAN`.
import { writeSync } from 'node:fs';
import { beginStep } from '../../../dist/src/domain/rollout/position.js';
import { openSqliteState } from '../../../dist/src/state/sqlite.js';

const [, , path, plan] = process.argv;
const state = await openSqliteState({ path, clock: Date });
const settings = JSON.parse(plan);
for (;;) {
  const rollout = (await state.rollouts()).find(({ standing }) => standing.phase === 'holding');
  if (rollout === undefined) {
    await state.change({ kind: 'shift', routes: ['order'], percent: 0, who: 'child', reason: null });
    await state.change({
      kind: 'rollout-start',
      name: 'order',
      routes: ['order'],
      settings,
      who: 'child',
      reason: null,
    });
    continue;
  }
  const advances = rollout.held >= 3;
  const last = rollout.step === settings.steps.length - 1;
  const next = last ? { ...rollout, standing: { phase: 'complete' } } : beginStep(rollout, rollout.step + 1);
  const to = advances ? next : { ...rollout, held: rollout.held + 1 };
  const reason = advances ? `${process.pid}:${rollout.version + 1}` : null;
  const author = { source: 'rollout', who: 'child', reason };
  const { rollouts } = await state.change({ kind: 'rollout', name: 'order', version: rollout.version, to, ...author });
  // Past every buffer of this process, since it will not live to flush one.
  writeSync(1, `${JSON.stringify({ version: rollouts[0].version, reason })}\n`);
}
