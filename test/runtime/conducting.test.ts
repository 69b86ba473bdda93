import { expect, it } from 'vitest';
import type { EvidenceBatch } from '../../src/domain/evidence.ts';
import { defaultEvidence } from '../../src/domain/shadow.ts';
import { createConducting } from '../../src/runtime/conducting.ts';
import { memoryEvidence } from '../../src/state/memory-evidence.ts';
import { aRow } from '../domain/a-row.ts';
import { aRollout } from '../rollout/a-rollout.ts';
import { route, settingsFor } from '../support/proxy.ts';

/** What is kept of a failing request in either route, by a proxy whose file has these services for them. */
async function keptBy(services: { readonly order: string; readonly list: string }) {
  const kept: EvidenceBatch[] = [];
  const clock = { now: () => 0 };
  const conducting = createConducting({
    events: { emit: () => undefined },
    clock,
    evidence: memoryEvidence(defaultEvidence, clock),
    keeper: { keep: (batch) => void kept.push(batch) },
  });
  const routes = Object.entries(services).map(([id, service]) => route(id, service, { path: `/${id}`, percent: 50 }));
  const live = ['order', 'list'].map((id) => aRow({ route: id, service: 'orders', live: 5 }));
  conducting.apply(settingsFor(1, { routes }), live, [aRollout({ routes: ['order', 'list'] })]);
  const figures = { arm: 'service', requests: 1, failures: 1, latency: [0, 1] } as const;
  conducting.onArms(['order', 'list'].map((id) => ({ route: id, ...figures })));
  await conducting.stop();
  return kept.flatMap(({ arms = [] }) => arms.map((count) => count.route));
}

it('counts for a rollout what its own service did, and nothing of one that an older file names instead', async () => {
  expect(await keptBy({ order: 'orders', list: 'orders' })).toEqual(['order', 'list']);
  expect(await keptBy({ order: 'orders-before', list: 'orders' })).toEqual(['list']);
});
