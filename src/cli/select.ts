/** Which routes a name on the command line means: one route, or all of a service. */
import { didYouMean } from '../config/suggest.ts';
import { Failure } from './failure.ts';
import { table } from './table.ts';
import { percentText } from './words.ts';

export interface Selectable {
  readonly route: string;
  readonly service: string;
  readonly retired: boolean;
}

export function select(name: string, routes: readonly Selectable[]): readonly Selectable[] {
  const byId = routes.filter(({ route }) => route === name);
  const selected = byId.length > 0 ? byId : routes.filter(({ service }) => service === name);
  if (selected.length === 0) throw unknownName(name, routes);
  return selected;
}

export function unknownName(name: string, routes: readonly Selectable[]): Failure {
  const known = new Set(routes.flatMap(({ route, service }) => [route, service]));
  const listed = known.size === 0 ? 'routes.yaml has no routes' : `known are ${[...known].join(', ')}`;
  return new Failure(`no route and no service is called "${name}"${didYouMean(name, known) || `; ${listed}`}`);
}

/** One percent for routes that stand at different ones would move some of them in a way that nobody named. */
export function mustStandTogether(
  name: string,
  rows: readonly { readonly route: string; readonly live: number }[],
  way = 'name one of them, or move them all with --all-routes',
): void {
  if (new Set(rows.map(({ live }) => live)).size < 2) return;
  throw new Failure([
    `the routes of "${name}" stand at different percents:`,
    ...table(
      rows.map(({ route, live }) => [`  ${route}`, percentText(live)]),
      [1],
    ),
    way,
  ]);
}
