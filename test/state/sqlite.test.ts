import { join } from 'node:path';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { describeState } from '../contract/state.ts';
import { changeInAnotherProcess, compiledWorker, newFolder } from './place.ts';

describeState('sqlite', async () => {
  const folder = await newFolder();
  const path = join(folder.path, 'made', 'on', 'the', 'way', 'state.db');
  return {
    reopens: true,
    changeFromOutside: (change) => changeInAnotherProcess(path, change),
    open: (clock) => openSqliteState({ path, clock, worker: compiledWorker }),
    remove: folder.remove,
  };
});
