import { memoryEvidence } from '../../src/state/memory-evidence.ts';
import { describeEvidence } from '../contract/evidence.ts';
import { aBatch } from '../domain/some-evidence.ts';

describeEvidence('memory', async () => ({
  open: async (limits, clock) => memoryEvidence(limits, clock),
  // It looks for what is old when something new comes.
  age: (evidence) => evidence.record(aBatch([])),
  remove: async () => {},
}));
