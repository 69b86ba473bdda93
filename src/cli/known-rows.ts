import type { LiveRoute } from '../domain/live.ts';
import type { ValidFile } from '../runtime/course.ts';
import type { Control } from './control.ts';
import { Failure } from './failure.ts';

/** The rows of the routes. A route that nobody has declared yet is declared first, as a starting proxy would. */
export async function knownRows(
  control: Control,
  loaded: ValidFile,
  routes: readonly string[],
  who: string,
): Promise<readonly LiveRoute[]> {
  const rowsOf = async () => (await control.read()).filter(({ route }) => routes.includes(route));
  const rows = await rowsOf();
  if (rows.length === routes.length) return rows;
  await control.declare(loaded, null, who);
  const declared = await rowsOf();
  const unknown = routes.filter((route) => !declared.some((row) => row.route === route));
  if (unknown.length === 0) return declared;
  const names = unknown.join(', ');
  throw new Failure(
    `${control.by} doesn't know ${names}: another routes.yaml is in force there, see "strangler status"`,
  );
}
