/** What order they are in says nothing. */
const sets = new Set(['tags', 'locations']);

/**
 * Where two rows about the same thing differ: `total`, `customer.email`, `items[*].price`. Empty when they don't. A place
 * in a list is told as `[*]`, so that there are no more places than a row has names.
 */
export function differingFields(legacy: unknown, service: unknown): string[] {
  return [...new Set(differences(legacy, service, ''))];
}

function differences(legacy: unknown, service: unknown, at: string): string[] {
  if (Object.is(legacy, service)) return [];
  if (Array.isArray(legacy) && Array.isArray(service)) {
    const [one, other] = sets.has(at) ? [sorted(legacy), sorted(service)] : [legacy, service];
    if (one.length !== other.length) return [at];
    return one.flatMap((member, index) => differences(member, other[index], `${at}[*]`));
  }
  if (!isObject(legacy) || !isObject(service)) return [at];
  const names = new Set([...Object.keys(legacy), ...Object.keys(service)]);
  return [...names].flatMap((name) =>
    differences(own(legacy, name), own(service, name), at === '' ? name : `${at}.${name}`),
  );
}

const sorted = (list: readonly unknown[]): unknown[] => [...list].sort();
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;
