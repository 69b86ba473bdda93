/** Where copies go, in words: of a whole route, for whoever turns its shadow up, and of one request. */
import type { PartSettings } from './compose/part.ts';
import { mayWrite } from './method.ts';
import type { InstanceUrl, Route, Settings, TargetSettings } from './settings.ts';

/** What happens to the requests of a route that is shadowed, at this live percent. */
export function copiesOf(route: Route, percent: number, settings: Settings): string {
  const methods = route.shadow.methods.filter((method) => takes(route, method));
  if (methods.length === 0) return `nothing is copied: the route takes no ${route.shadow.methods.join(', no ')}`;
  const reads = methods.filter((method) => !mayWrite(method));
  const writes = methods.filter(mayWrite);
  const read = reads.length === 0 ? [] : [`copies go to ${receiver(route, percent, settings)}, ${listed(reads)} only`];
  const written = writes.length === 0 ? [] : [`${listed(writes)}: ${fateOf(route, percent)}`];
  return [...read, ...written].join('; ');
}

/** Who gets a copy of one request, and in words; `to` is `null` where nobody does. */
export function copyOf(
  { service, shadow }: Route,
  method: string,
  primary: 'legacy' | 'service',
): { readonly to: string | null; readonly says: string } {
  const { methods, writes } = shadow;
  if (!methods.includes(method)) return { to: null, says: `no copy: shadow.methods is ${methods.join(', ')}` };
  if (!mayWrite(method)) {
    const to = primary === 'legacy' ? service : 'legacy';
    return { to, says: `copies go to ${to}` };
  }
  if (primary === 'service')
    return { to: null, says: 'no copy: what the service has written is never copied to legacy' };
  switch (writes.mode) {
    case 'off':
      return { to: null, says: 'no copy: shadow.writes is off' };
    case 'readback':
      return { to: null, says: `no copy; GET ${writes.get} is compared on both sides afterwards` };
    case 'header':
      return { to: service, says: `copies go to ${service}, which must not commit` };
    case 'url':
      return { to: service, says: `copies go to the sister instance at ${addresses([writes.url])}` };
  }
}

function takes({ matches }: Route, method: string): boolean {
  return matches.some(({ methods }) => {
    return methods === null || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
  });
}

/** At 0 legacy answers and the service gets the copy; at 100 it is the other way round; between them it depends. */
function receiver({ service, compose }: Route, percent: number, { legacy, services }: Settings): string {
  if (percent === 0 && compose !== null) return `the services of its parts: ${compose.map(partReceiver).join(', ')}`;
  if (percent === 0) return `${service} at ${whereabouts(services.find(({ name }) => name === service))}`;
  if (percent === 100) return `legacy at ${whereabouts(legacy)}`;
  return `whichever of legacy and ${service} does not answer the caller`;
}

const partReceiver = ({ name, service }: PartSettings): string => `${service} (${name})`;

/** What a service has written is never copied to legacy. */
function fateOf({ service, shadow: { writes } }: Route, percent: number): string {
  if (percent === 100 && writes.mode !== 'off') return `not copied while ${service} answers`;
  switch (writes.mode) {
    case 'off':
      return 'not copied';
    case 'header':
      return `copied to ${service}, which must not commit and say x-strangler-shadow: honoured`;
    case 'url':
      return `copied to the sister instance at ${addresses([writes.url])}`;
    case 'readback':
      return `not copied; GET ${writes.get} is compared on both sides afterwards`;
  }
}

function whereabouts(target: TargetSettings | undefined): string {
  if (target === undefined) return '';
  const { urls, discovery } = target;
  return urls.length === 0 && discovery.kind === 'file'
    ? `the instances that ${discovery.path} lists`
    : addresses(urls);
}

function addresses(urls: readonly InstanceUrl[]): string {
  return urls.map(({ secure, authority, basePath }) => `http${secure ? 's' : ''}://${authority}${basePath}`).join(', ');
}

function listed(methods: readonly string[]): string {
  return methods.join(', ').replace(/, ([^,]*)$/, ' and $1');
}
