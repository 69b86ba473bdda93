import type { ValidFile } from '../config/load.ts';
import type { LiveRoute } from '../domain/live.ts';
import { adminClient } from './admin-client.ts';
import type { Control } from './control.ts';
import { Failure } from './failure.ts';

/**
 * The rows of the routes. A route that nobody has declared yet is declared first, as a starting proxy would; but
 * what a running one still goes by, because the state has lost it, is put back as it is.
 */
export async function knownRows(
  control: Control,
  loaded: ValidFile,
  routes: readonly string[],
  who: string,
): Promise<readonly LiveRoute[]> {
  const rowsOf = async () => (await control.read()).filter(({ route }) => routes.includes(route));
  const rows = await rowsOf();
  if (rows.length === routes.length) return rows;
  const remembered = await adminClient(loaded.settings.admin)
    .read()
    .catch(() => []);
  await control.declare(loaded, null, who, remembered);
  const declared = await rowsOf();
  const unknown = routes.filter((route) => !declared.some((row) => row.route === route));
  if (unknown.length === 0) return declared;
  const names = unknown.join(', ');
  throw new Failure(
    `${control.by} doesn't know ${names}: another routes.yaml is in force there, see "strangler status"`,
  );
}
