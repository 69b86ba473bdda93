import { z } from 'zod';
import type { Path } from './problem.ts';
import { routeSection } from './route-schema.ts';
import { type RouteEntry, type RoutesFile, type TargetEntry, topSections } from './schema.ts';

/** What could be read of a file, so that parts are held against each other though some of them are wrong. */
export interface Draft extends Partial<Omit<RoutesFile, 'legacy' | 'services' | 'routes'>> {
  readonly legacy: Partial<TargetEntry>;
  /** Every name that is declared, even where what stands behind it can't be read. */
  readonly services: ReadonlyMap<string, Partial<TargetEntry>>;
  readonly routes: readonly Partial<RouteEntry>[];
}

type Content = Readonly<Record<string, unknown>>;

export function draftOf(content: Content, whole: RoutesFile | undefined): Draft {
  if (whole) return { ...whole, services: new Map(Object.entries(whole.services ?? {})), routes: whole.routes ?? [] };
  const { legacy, services, routes, ...rest } = topSections;
  const targets = isMap(content.services) ? Object.entries(content.services) : [];
  return {
    ...salvage(rest, content),
    legacy: salvage(targetShape, content.legacy),
    services: new Map(targets.map(([name, target]) => [name, salvage(targetShape, target)])),
    routes: Array.isArray(content.routes) ? content.routes.map((route) => salvage(routeSection, route)) : [],
  };
}

const targetShape = topSections.legacy.shape;

/** The keys of a section whose values can be read. */
function salvage<S extends z.ZodRawShape>(shape: S, section: unknown): Partial<z.output<z.ZodObject<S>>> {
  const kept: Record<string, unknown> = {};
  if (!isMap(section)) return kept as Partial<z.output<z.ZodObject<S>>>;
  for (const [key, schema] of Object.entries(shape)) {
    const result = z.safeParse(schema, section[key]);
    if (result.success && result.data !== undefined) kept[key] = result.data;
  }
  return kept as Partial<z.output<z.ZodObject<S>>>;
}

function isMap(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of plain content; `undefined` when nothing is there. */
export function valueAt(content: unknown, path: Path): unknown {
  let value = content;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
