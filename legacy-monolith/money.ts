/** Prices are floats, as they have been since the first release; this keeps the dust out of sums. */
export const cents = (amount: number): number => Math.round(amount * 100) / 100;

export const currency = 'EUR';

const shippingFlat = 4.9;
const shippingFreeFrom = 75;
const taxRate = 0.2;

export interface Priced {
  readonly price: number;
  readonly quantity: number;
}

export interface Totals {
  readonly subtotal: number;
  readonly shipping: number;
  readonly tax: number;
  readonly total: number;
}

export function totals(lines: readonly Priced[]): Totals {
  const subtotal = cents(lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0));
  const shipping = subtotal === 0 || subtotal >= shippingFreeFrom ? 0 : shippingFlat;
  const tax = cents((subtotal + shipping) * taxRate);
  return { subtotal, shipping, tax, total: cents(subtotal + shipping + tax) };
}
