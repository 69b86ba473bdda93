import type { Match } from '../domain/settings.ts';

/**
 * The id of a route that has none of its own: its first match in words, `get-api-orders-id` for
 * `GET /api/orders/:id`. It changes with the match, and live percents are kept by id: hence `id:` is advised.
 */
export function derivedId(matches: readonly Match[]): string {
  const [first] = matches;
  if (first === undefined) return 'any';
  const words = [...(first.methods ?? ['any']), first.host ?? '', first.path.replaceAll('*', 'rest')];
  const slug = words
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return slug.slice(0, 100) || 'any';
}
