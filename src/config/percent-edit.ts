import { EditError } from './edit-error.ts';
import { ownPair, pairBehind, refuseMerged, replacement, routeIn, spliced, type TextEdit } from './splice.ts';

/**
 * Writes a route's percent into a text: one scalar's bytes, or one added line. Throws {@link EditError} where the
 * number isn't written in this one place.
 */
export function editPercent(text: string, routeIndex: number, percent: number): TextEdit {
  const route = routeIn(text, routeIndex);
  const declared = ownPair(route, 'percent');
  if (declared) return spliced(text, replacement(text, declared, percent, 'percent'));
  refuseMerged(route, 'percent');
  const service = ownPair(route, 'service');
  if (!service) throw new EditError('invalid-file', 'the route names no service');
  const entry = `percent: ${percent}`;
  return spliced(text, pairBehind(text, route, service, { inline: entry, lines: [entry] }));
}
