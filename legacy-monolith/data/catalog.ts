/** The fifty things that the shop sells: `[name, price]` by category. */
const catalog: Readonly<Record<string, readonly (readonly [name: string, price: number])[]>> = {
  kitchen: [
    ['Cast-iron skillet', 49.95],
    ['Enamel stock pot', 64.5],
    ['Walnut chopping board', 39.9],
    ['Salt cellar', 14.25],
    ['Copper saucepan', 119],
    ['Bread lame', 12.4],
    ['Proofing basket', 18.75],
    ['Mandoline', 44.99],
    ['Stone mortar', 32.1],
    ['Whetstone', 27.35],
  ],
  coffee: [
    ['Pour-over kettle', 79.99],
    ['Hand grinder', 129.95],
    ['Glass dripper', 21.5],
    ['Travel press', 34.2],
    ['Espresso tamper', 24.9],
    ['Milk pitcher', 16.8],
    ['Filter papers', 6.45],
    ['Drip scale', 54.95],
  ],
  garden: [
    ['Watering can', 29.9],
    ['Hand trowel', 15.6],
    ['Pruning shears', 38.45],
    ['Twine spool', 5.2],
    ['Seed tray', 9.99],
    ['Cold frame', 89],
    ['Leaf rake', 26.7],
    ['Garden kneeler', 31.15],
  ],
  workshop: [
    ['Claw hammer', 22.95],
    ['Block plane', 74.4],
    ['Marking gauge', 19.9],
    ['Dovetail saw', 58.25],
    ['Bench vise', 96.5],
    ['Chisel set', 84.99],
    ['Folding rule', 11.35],
    ['Beeswax tin', 8.7],
  ],
  stationery: [
    ['Fountain pen', 42],
    ['Ink bottle', 12.95],
    ['Grid notebook', 9.4],
    ['Letter opener', 17.2],
    ['Blotting paper', 4.65],
    ['Desk lamp', 68.9],
    ['Paper knife', 13.5],
    ['Wax seal kit', 23.8],
  ],
  outdoor: [
    ['Canvas rucksack', 109.95],
    ['Enamel mug', 11.9],
    ['Wool blanket', 59.97],
    ['Storm lantern', 36.4],
    ['Fire steel', 14.95],
    ['Mess tin', 19.25],
    ['Trail map case', 16.1],
    ['Camp stool', 47.3],
  ],
};

export interface Article {
  readonly sku: string;
  readonly slug: string;
  readonly name: string;
  readonly price: number;
  readonly category: string;
}

/** The same as a list, in the same order. */
export const articles: readonly Article[] = Object.entries(catalog).flatMap(([category, entries]) =>
  entries.map(([name, price], index) => ({
    sku: `${category.slice(0, 3).toUpperCase()}-${String(index + 1).padStart(3, '0')}`,
    slug: name.toLowerCase().replaceAll(/[^a-z]+/g, '-'),
    name,
    price,
    category,
  })),
);

export const productTags = ['new', 'bestseller', 'handmade', 'gift', 'fsc', 'limited', 'repairable', 'local'] as const;
export const orderTags = ['gift-wrap', 'express', 'first-order', 'newsletter', 'phone', 'fragile'] as const;
export const warehouses = ['north', 'south', 'harbour', 'attic'] as const;

export const customerNames = [
  'Ada Brook',
  'Bruno Castell',
  'Clara Dahl',
  'Dmitri Elms',
  'Edith Fairley',
  'Farid Gould',
  'Greta Holm',
  'Hugo Ives',
  'Ines Jarvis',
  'Jonas Kerr',
  'Kaja Lind',
  'Liam Moss',
  'Mina Noor',
  'Nils Oakes',
  'Olga Pryce',
  'Pablo Quist',
  'Quinn Rowe',
  'Rosa Stern',
  'Søren Thal',
  'Tilda Ueda',
] as const;

export const emailOf = (customerName: string): string =>
  `${customerName.split(' ')[0]!.toLowerCase().replace('ø', 'o')}@example.com`;
