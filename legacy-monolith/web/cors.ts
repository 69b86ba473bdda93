import type { Exchange } from './exchange.ts';
import type { Found } from './router.ts';

/** The API may be called from any page; cookies mean nothing to it, so nothing is given away. */
export function allowOrigin({ response }: Exchange): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
}

/** What an OPTIONS request finds under its path are the methods that are not OPTIONS: the ones to announce. */
export function answerPreflight({ request, response }: Exchange, found: Found): void {
  const methods = found.kind === 'other-method' ? found.allowed.join(', ') : '';
  response.setHeader('Allow', methods);
  if (request.headers['access-control-request-method'] !== undefined) {
    const headers = request.headers['access-control-request-headers'];
    if (headers !== undefined) response.setHeader('Access-Control-Allow-Headers', headers);
    response.setHeader('Access-Control-Allow-Methods', methods);
    response.setHeader('Access-Control-Max-Age', '600');
    response.setHeader('Vary', 'Access-Control-Request-Headers');
  }
  response.writeHead(204).end();
}
