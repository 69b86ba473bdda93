import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sqlite } from '../../example/process/sqlite.ts';
import { openReservations } from '../../extracted-services/inventory/reservations.ts';
import { openStock } from '../../extracted-services/inventory/store.ts';

const skus = ['A', 'B', 'C'] as const;
const before = 10;

function shelf() {
  const db = new Sqlite(':memory:');
  const stock = openStock(db);
  for (const sku of skus) {
    stock.put({ sku, onHand: before, reorderPoint: 1, locations: [], version: 1, updatedAt: '2025-01-01' });
  }
  return { db, stock, reservations: openReservations(db) };
}

const command = fc.record({
  kind: fc.constantFrom('reserve', 'release', 'commit'),
  order: fc.integer({ min: 1, max: 6 }),
  items: fc.uniqueArray(fc.record({ sku: fc.constantFrom(...skus), quantity: fc.integer({ min: 1, max: 5 }) }), {
    selector: ({ sku }) => sku,
    minLength: 1,
  }),
});

describe('reservations', () => {
  it('conserve the stock, whatever is asked for in whatever order, and never promise more than there is', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const { db, reservations } = shelf();
        try {
          for (const { kind, order, items } of commands) {
            if (kind === 'reserve') reservations.reserve(order, items);
            else if (kind === 'release') reservations.release(order);
            else {
              try {
                reservations.commit(order);
              } catch {
                expect(reservations.ofOrder(order).some(({ state }) => state === 'reserved')).toBe(false);
              }
            }
          }
          for (const sku of skus) {
            const taken = reservations.taken(sku);
            const kept = { reserved: 0, sold: 0, released: 0 };
            for (let order = 1; order <= 6; order += 1) {
              for (const item of reservations.ofOrder(order)) if (item.sku === sku) kept[item.state] += item.quantity;
            }
            expect([taken.reserved, taken.sold]).toEqual([kept.reserved, kept.sold]);
            expect(taken.reserved + taken.sold).toBeLessThanOrEqual(before);
          }
        } finally {
          db.close();
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are made for the whole order or not at all, and the answer stays the same', () => {
    const { reservations } = shelf();
    const items = [
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: before + 1 },
    ];
    expect(reservations.reserve(1, items)).toMatchObject({ state: 'refused', sku: 'B' });
    expect(reservations.ofOrder(1)).toEqual([]);
    expect(reservations.taken('A').reserved).toBe(0);
    expect(reservations.reserve(1, [{ sku: 'A', quantity: 1 }])).toMatchObject({ state: 'refused' });
    expect(reservations.reserve(2, [{ sku: 'NOT', quantity: 1 }])).toMatchObject({ state: 'refused', sku: 'NOT' });
  });

  it('can be released before they are made, and are never made then', () => {
    const { reservations } = shelf();
    expect(reservations.release(1)).toMatchObject({ state: 'released' });
    expect(reservations.reserve(1, [{ sku: 'A', quantity: 1 }])).toMatchObject({ state: 'released' });
    expect(reservations.taken('A').reserved).toBe(0);
    expect(() => reservations.commit(1)).toThrow("can't buy");
  });

  it('stay when the monolith counts its stock anew', () => {
    const { stock, reservations } = shelf();
    reservations.reserve(1, [{ sku: 'A', quantity: 4 }]);
    stock.put({ sku: 'A', onHand: 5, reorderPoint: 1, locations: [], version: 2, updatedAt: '2025-01-02' });
    expect(reservations.reserve(2, [{ sku: 'A', quantity: 2 }])).toMatchObject({ state: 'refused' });
    expect(reservations.reserve(3, [{ sku: 'A', quantity: 1 }])).toMatchObject({ state: 'reserved' });
  });
});
