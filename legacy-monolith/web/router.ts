import type { Exchange } from './exchange.ts';

export type Handler = (exchange: Exchange) => void | Promise<void>;

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Segments, of which `:name` takes any one. */
  readonly pattern: string;
  readonly handle: Handler;
}

export const get = (pattern: string, handle: Handler): Endpoint => ({ method: 'GET', pattern, handle });
export const post = (pattern: string, handle: Handler): Endpoint => ({ method: 'POST', pattern, handle });

export type Found =
  | { readonly kind: 'endpoint'; readonly handle: Handler; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'other-method'; readonly allowed: readonly string[] }
  | { readonly kind: 'nothing' };

export type Router = (method: string, path: string) => Found;

/** First match wins, in the order of the table; HEAD is answered by GET's handler. */
export function router(endpoints: readonly Endpoint[]): Router {
  const table = endpoints.map((endpoint) => ({ ...endpoint, expression: expressionOf(endpoint.pattern) }));
  return (method, path) => {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const allowed = new Set<string>();
    for (const { method: offered, expression, handle } of table) {
      const match = expression.exec(path);
      if (!match) continue;
      if (offered === wanted) return { kind: 'endpoint', handle, params: { ...match.groups } };
      allowed.add(offered);
      if (offered === 'GET') allowed.add('HEAD');
    }
    return allowed.size === 0 ? { kind: 'nothing' } : { kind: 'other-method', allowed: [...allowed] };
  };
}

function expressionOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}
