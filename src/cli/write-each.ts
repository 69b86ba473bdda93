import { EditError } from '../config/edit.ts';
import type { ValidFile } from '../config/load.ts';
import type { Control } from './control.ts';
import { Failure } from './failure.ts';
import { mustLoad } from './file.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';

/**
 * Edits the file for one route after the other, and lets the state hear of it from here: a proxy's reload then finds
 * the two agreed. A route whose edit is refused keeps none of the others from theirs.
 */
export async function writeEach(
  control: Control,
  { settings }: ValidFile,
  routes: readonly string[],
  file: string,
  terminal: Terminal,
  write: (route: string) => Promise<unknown>,
): Promise<void> {
  const refused: string[] = [];
  for (const route of routes) {
    await write(route).catch((error: Error) => {
      if (!(error instanceof EditError)) throw error;
      refused.push(`${file} was left as it is for ${route}: ${error.message}`);
    });
  }
  await control.declare(await mustLoad(file, terminal), settings, whoIsActing(terminal.env));
  if (refused.length > 0) throw new Failure(refused);
}
