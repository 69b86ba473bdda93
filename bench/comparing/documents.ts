/** Two answers as bytes, of about `size`: what a list of orders looks like. */
export interface Case {
  readonly name: string;
  readonly size: string;
  readonly control: Buffer;
  readonly candidate: Buffer;
}

const sizes: readonly (readonly [name: string, orders: number])[] = [
  ['1 KiB', 3],
  ['10 KiB', 32],
  ['1 MiB', 3_300],
];

export function cases(): Case[] {
  return sizes.flatMap(([size, count]) => {
    const orders = Array.from({ length: count }, (_, i) => order(i));
    const control = bytes(orders);
    const one = orders.map((each, i) => (i === count >> 1 ? { ...each, total: each.total + 1 } : each));
    return [
      { name: 'equal', size, control, candidate: Buffer.from(control) },
      { name: 'one field off', size, control, candidate: bytes(one) },
      { name: 're-ordered', size, control, candidate: bytes(shuffled(orders)) },
    ];
  });
}

function bytes(items: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ page: 1, generatedAt: '2026-03-01T09:00:00.000Z', items, more: false }));
}

function order(i: number) {
  return {
    id: `ord_${100_000 + ((i * 7_919) % 900_000)}`,
    customer: { id: 1_000 + (i % 97), name: `Käthe Example ${i % 13}`, email: `customer${i % 97}@example.com` },
    status: ['open', 'paid', 'sent', 'returned'][i % 4],
    placedAt: new Date(1_770_000_000_000 + i * 61_000).toISOString(),
    total: Math.round((i * 137.31 + 19.99) * 100) / 100,
    express: i % 3 === 0,
    lines: [
      { sku: `SKU-${(i * 31) % 1_000}`, quantity: 1 + (i % 5), price: 9.99 },
      { sku: `SKU-${(i * 17) % 1_000}`, quantity: 1, price: 24.5 },
    ],
    note: null,
  };
}

/** The same order every time. */
function shuffled<T>(items: readonly T[]): T[] {
  const moved = [...items];
  let state = 42;
  for (let i = moved.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const j = state % (i + 1);
    [moved[i], moved[j]] = [moved[j]!, moved[i]!];
  }
  return moved;
}
