/** What a rollback leaves behind: said at once, so that nobody is surprised by it in a month. */
import type { Outcome } from '../domain/live.ts';
import { mayWrite } from '../domain/method.ts';
import type { Route, Settings, TargetSettings } from '../domain/settings.ts';
import { commandLine } from './file.ts';
import { table } from './table.ts';
import { percentText } from './words.ts';

/** `settings` is `null` when routes.yaml is broken: then the state's memory of it has to do. */
export function leavings(
  outcome: Outcome,
  routes: readonly string[],
  settings: Settings | null,
  file: string,
): string[] {
  const skipped = new Set(outcome.refused.map(({ route }) => route));
  const rows = outcome.live.filter(({ route }) => routes.includes(route) && !skipped.has(route));
  // Whoever answered nobody has written nothing.
  const answered = new Set(outcome.entries.filter(({ from }) => (from ?? 0) > 0).map(({ route }) => route));
  return rows.flatMap(({ route, declared }) => {
    const inFile = settings?.routes.find(({ id }) => id === route);
    return [
      ...stillDeclared(route, inFile?.percent ?? declared, file),
      ...(inFile === undefined || !answered.has(route) ? [] : strandedWrites(inFile, settings!.services)),
    ];
  });
}

function stillDeclared(route: string, declared: number, file: string): string[] {
  if (declared === 0) return [];
  return [
    '',
    `${route} stays at 0 %, through reloads and restarts, but ${file} still declares ${percentText(declared)}:`,
    ...table([
      [`  ${commandLine(`strangler shift ${route} 0 --write`, file)}`, 'makes the file say 0 too'],
      [`  ${commandLine(`strangler shift ${route} ${declared}`, file)}`, 'raises it again, when the service is well'],
    ]),
  ];
}

function strandedWrites({ id, service, matches }: Route, services: readonly TargetSettings[]): string[] {
  const writes = matches.some(({ methods }) => methods === null || methods.some(mayWrite));
  const target = services.find(({ name }) => name === service);
  if (!writes || target?.writes !== 'separate') return [];
  return [
    '',
    `what ${service} has written for ${id} is not in legacy's data (writes: separate); bring it over if it counts`,
  ];
}
