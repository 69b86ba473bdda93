/** How figures are written for people. */
export function percentText(percent: number | null): string {
  return percent === null ? '–' : `${percent} %`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
