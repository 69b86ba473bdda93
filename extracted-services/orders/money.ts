/** The shop's prices, in whole cents: to the cent what the monolith computes in floats. */
import type { Line } from './store.ts';

const shippingFlat = 490;
const shippingFreeFrom = 7_500;
const taxDivisor = 5;

export interface Totals {
  readonly subtotalCents: number;
  readonly shippingCents: number;
  readonly taxCents: number;
  readonly totalCents: number;
}

export function totalsOf(lines: readonly Pick<Line, 'priceCents' | 'quantity'>[]): Totals {
  const subtotalCents = lines.reduce((sum, { priceCents, quantity }) => sum + priceCents * quantity, 0);
  const shippingCents = subtotalCents === 0 || subtotalCents >= shippingFreeFrom ? 0 : shippingFlat;
  const taxCents = Math.round((subtotalCents + shippingCents) / taxDivisor);
  return { subtotalCents, shippingCents, taxCents, totalCents: subtotalCents + shippingCents + taxCents };
}
