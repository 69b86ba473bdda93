/**
 * What the orders service has to know of things that are still the monolith's: names and prices. It asks over HTTP, keeps
 * what it was told, and goes by that for as long as the monolith can't be reached.
 */
import type { Database } from 'better-sqlite3';
import * as z from 'zod';
import { ApiError } from '../shared/answer.ts';
import { CallFailed, type ServiceClient } from '../shared/client.ts';

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
}

/** ms for which a price is good without asking again. */
const goodFor = 60_000;
/** What names one product in a path: not `.` and `..`, which lead elsewhere, nor half a character. */
const askable = /^(?!\.{1,2}$)\P{Surrogate}+$/u;
const told = z.object({ name: z.string(), price: z.number().nonnegative() });

const unknown = (sku: string): ApiError => new ApiError(422, 'unknown_sku', `There is no product ${sku}.`);

export type Catalog = ReturnType<typeof openCatalog>;

export function openCatalog(db: Database, monolith: ServiceClient) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS products (
      sku         TEXT PRIMARY KEY,
      name        TEXT NOT NULL,
      price_cents INTEGER NOT NULL,
      asked_at    INTEGER NOT NULL
    );`);
  const find = db.prepare<[string], Product & { askedAt: number }>(
    'SELECT sku, name, price_cents AS priceCents, asked_at AS askedAt FROM products WHERE sku = ?',
  );
  const put = db.prepare(`
    INSERT INTO products VALUES (@sku, @name, @priceCents, @askedAt) ON CONFLICT DO UPDATE SET
      name = excluded.name, price_cents = excluded.price_cents, asked_at = excluded.asked_at`);

  return {
    /** Throws 422 where there is none, 503 where that can't be known. */
    async product(sku: string): Promise<Product> {
      if (!askable.test(sku)) throw unknown(sku);
      const known = find.get(sku);
      const now = Date.now();
      if (known !== undefined && now - known.askedAt < goodFor) return known;
      try {
        const { status, body } = await monolith.call({
          method: 'GET',
          path: `/api/products/${encodeURIComponent(sku)}`,
        });
        if (status === 404) throw unknown(sku);
        if (status !== 200) throw new CallFailed(`the monolith answered ${status}`, false);
        const { name, price } = told.parse(body);
        const product = { sku, name, priceCents: Math.round(price * 100) };
        put.run({ ...product, askedAt: now });
        return product;
      } catch (error) {
        if (error instanceof ApiError) throw error;
        if (known !== undefined) return known;
        throw new ApiError(503, 'catalog_unavailable', 'Prices can’t be looked up at the moment; please try again.');
      }
    },
  };
}
