import { seededDice } from '../data/random.ts';
import type { Product } from '../store/products.ts';
import { html, type Markup } from '../web/markup.ts';

/** A still life of a few plain shapes, the same for a product each time: nobody ever took the photographs. */
export function drawProduct({ id, name, category }: Product): string {
  const dice = seededDice(id * 7919);
  const hue = (hues[category] ?? 200) + dice.between(-10, 10);
  const things = [110, 200, 290].map((middle, index) => {
    const fill = `hsl(${hue + index * 7} ${36 - index * 4}% ${44 + index * 10}%)`;
    return dice.pick(shapes)(middle + dice.between(-18, 18), dice.between(28, 62), fill);
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" role="img" aria-label="${name}">
<rect width="400" height="300" fill="hsl(${hue} 30% 93%)"/>
<rect y="${table}" width="400" height="90" fill="hsl(${hue} 22% 85%)"/>
${things}
</svg>`.toString();
}

/** Where everything stands. */
const table = 210;

type Shape = (middle: number, size: number, fill: string) => Markup;

const ball: Shape = (x, r, fill) => html`<circle cx="${x}" cy="${table - r}" r="${r}" fill="${fill}"/>`;
const box: Shape = (x, r, fill) =>
  html`<rect x="${x - r}" y="${table - 1.4 * r}" width="${2 * r}" height="${1.4 * r}" rx="6" fill="${fill}"/>`;
const bottle: Shape = (x, r, fill) =>
  html`<rect x="${x - 0.5 * r}" y="${table - 2.4 * r}" width="${r}" height="${2.4 * r}" rx="${0.45 * r}" fill="${fill}"/>`;
const bowl: Shape = (x, r, fill) =>
  html`<path d="M${x - 1.2 * r} ${table - r}h${2.4 * r}a${1.2 * r} ${r} 0 0 1 ${-2.4 * r} 0z" fill="${fill}"/>`;
const shapes = [ball, box, bottle, bowl] as const;

const hues: Readonly<Record<string, number>> = {
  kitchen: 18,
  coffee: 34,
  garden: 120,
  workshop: 210,
  stationery: 255,
  outdoor: 165,
};
