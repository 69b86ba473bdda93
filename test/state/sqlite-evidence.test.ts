import { join } from 'node:path';
import { openSqliteEvidence, type SqliteEvidence } from '../../src/state/sqlite-evidence.ts';
import { describeEvidence } from '../contract/evidence.ts';
import { compiledEvidenceWorker, newFolder } from './place.ts';

describeEvidence('sqlite', async () => {
  const folder = await newFolder();
  const path = join(folder.path, 'made', 'on', 'the', 'way', 'state.evidence.db');
  return {
    open: (limits, clock) => openSqliteEvidence({ path, limits, clock, worker: compiledEvidenceWorker }),
    age: (evidence) => (evidence as SqliteEvidence).prune(),
    remove: folder.remove,
  };
});
