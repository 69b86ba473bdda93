import type { Service } from '../shared/run.ts';
import { ordersApp } from './app.ts';
import { presentWithDefects } from './defects.ts';
import type { OrdersPart } from './part.ts';
import { presentOrder } from './present.ts';
import { orders } from './service.ts';
import type { OrderStore } from './store.ts';

/**
 * The orders service, whose two mistakes can be turned on and off while it runs: `PUT /defects/on`. No route of the proxy
 * leads there.
 */
export function ordersWithSwitch(on: boolean): Service<OrderStore, OrdersPart> {
  let defective = on;
  return {
    ...orders,
    app(store, part, health) {
      const app = ordersApp(store, part, health, (order, origin) =>
        (defective ? presentWithDefects : presentOrder)(order, origin),
      );
      app.put('/defects/:wish{on|off}', (c) => {
        defective = c.req.param('wish') === 'on';
        return c.json({ defects: defective ? 'on' : 'off' });
      });
      return app;
    },
  };
}
