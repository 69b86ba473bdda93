import type { ValidFile } from '../config/load.ts';
import { formatProblem, loadSettings } from '../config/load.ts';
import { type Control, openControl, openForReading } from './control.ts';
import { Failure } from './failure.ts';
import { type Salvaged, salvage } from './salvage.ts';
import type { Terminal } from './terminal.ts';

/** Where the state and the admin port are; `file` is `null` when routes.yaml is broken and no more is known. */
export interface Doors extends Salvaged {
  readonly file: ValidFile | null;
  /** Empty when the file is valid. */
  readonly problems: readonly string[];
}

export async function findDoors(file: string, { env }: Terminal): Promise<Doors> {
  const loaded = await loadSettings(file, env);
  if (loaded.ok) return { file: loaded, problems: [], state: loaded.settings.state, admin: loaded.settings.admin };
  return { file: null, problems: loaded.problems.map(formatProblem), ...(await salvage(file, env)) };
}

/** Says that a command goes on although the file is broken, and by what. */
export function remarkOnBroken({ problems }: Doors, file: string, terminal: Terminal): void {
  if (problems.length === 0) return;
  terminal.remark(problems[0]!);
  terminal.remark(`${file} is invalid; going by what it still says of state and admin`);
}

/** A state that is made on the spot has nothing to roll back; with a broken file it may even be the wrong place. */
export async function openExisting(doors: Doors): Promise<Control> {
  if (doors.file !== null) return openControl(doors);
  const control = await openForReading(doors);
  if (control === null) throw new Failure('there is no state where routes.yaml seems to say: is -c the right file?');
  return control;
}
