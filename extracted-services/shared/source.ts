import type { z } from 'zod';
import type { ExportedRow } from '../../example/export/client.ts';

/** One kind of thing that a service has a copy of, as long as the monolith owns it. */
export interface Source {
  /** As the monolith's export names it. */
  readonly kind: string;
  /**
   * Stores what the export tells of one thing, unless something newer is known of it. True when it was news. Belongs to
   * the transaction that is open.
   */
  put(row: ExportedRow): boolean;
}

/** Reads a row of the monolith's; the error names the row and what is wrong with it. */
export function readRow<Row>(kind: string, schema: z.ZodType<Row>, row: ExportedRow): Row {
  const read = schema.safeParse(row);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const { id, sku, orderId } = row;
  throw new Error(`the monolith's ${kind} ${String(id ?? sku ?? orderId)} can't be read: ${problems.join('; ')}`);
}
