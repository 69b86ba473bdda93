import { seededDice } from '../data/random.ts';
import type { Product } from '../store/products.ts';
import { html } from '../web/markup.ts';

/** A still life of a few plain shapes, the same for a product each time: nobody ever took the photographs. */
export function drawProduct({ id, name, category }: Product): string {
  const dice = seededDice(id * 7919);
  const hue = (hues[category] ?? 200) + dice.between(-12, 12);
  const circles = Array.from({ length: 3 }, (_, index) => {
    const x = 110 + index * 90 + dice.between(-20, 20);
    const radius = dice.between(28, 64);
    return html`<circle cx="${x}" cy="${210 - radius}" r="${radius}" fill="hsl(${hue + index * 9} 34% ${46 + index * 9}%)"/>`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" role="img" aria-label="${name}">
<rect width="400" height="300" fill="hsl(${hue} 32% 92%)"/>
<rect y="210" width="400" height="90" fill="hsl(${hue} 24% 84%)"/>
${circles}
</svg>`.toString();
}

const hues: Readonly<Record<string, number>> = {
  kitchen: 18,
  coffee: 30,
  garden: 120,
  workshop: 210,
  stationery: 255,
  outdoor: 165,
};
