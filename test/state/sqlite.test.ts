import { join } from 'node:path';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { describeLastingRollouts } from '../contract/rollouts.ts';
import { describeLastingState, type LastingPlace } from '../contract/state.ts';
import { changeInAnotherProcess, compiledWorker, newFolder } from './place.ts';

async function makePlace(): Promise<LastingPlace> {
  const folder = await newFolder();
  const path = join(folder.path, 'made', 'on', 'the', 'way', 'state.db');
  return {
    changeFromOutside: (change) => changeInAnotherProcess(path, change),
    open: (clock) => openSqliteState({ path, clock, worker: compiledWorker }),
    remove: folder.remove,
  };
}

describeLastingState('sqlite', makePlace);
describeLastingRollouts('sqlite', makePlace);
