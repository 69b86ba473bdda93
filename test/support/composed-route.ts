import type { PartSettings } from '../../src/domain/compose/part.ts';
import type { Route } from '../../src/domain/settings.ts';
import { route } from './proxy.ts';

export function part(name: string, service: string, more: Partial<PartSettings> = {}): PartSettings {
  return {
    name,
    service,
    path: `/${service}/:id`,
    query: [],
    required: false,
    spread: false,
    timeout: 2_000,
    limit: 1024 * 1024,
    ...more,
  };
}

/** `GET /details/:id`: an order, which is required, its payment, and what is in stock. */
export function composedRoute(
  parts: Partial<Record<'order' | 'payment' | 'stock', Partial<PartSettings>>> = {},
  more: Partial<Route> = {},
): Route {
  return {
    ...route('details', 'details', { path: '/details/:id', methods: ['GET'] }),
    compose: [
      part('order', 'orders', { required: true, ...parts.order }),
      part('payment', 'payments', parts.payment),
      part('stock', 'stock', parts.stock),
    ],
    ...more,
  };
}
