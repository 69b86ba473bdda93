import type { Exchange } from '../web/exchange.ts';
import { HttpError } from '../web/http-error.ts';

export interface Page {
  readonly number: number;
  readonly size: number;
  readonly offset: number;
}

const largest = 100;

/** `?page=2&perPage=20`; nonsense is refused rather than guessed at. */
export function requestedPage({ query }: Exchange): Page {
  const number = wholeNumber(query.get('page') ?? '1', 'page');
  const size = Math.min(wholeNumber(query.get('perPage') ?? '20', 'perPage'), largest);
  return { number, size, offset: (number - 1) * size };
}

export function wholeNumber(text: string, name: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new HttpError(400, 'bad_query', `${name} has to be a whole number from 1.`);
  return Number(text);
}

/** The pages beside this one, with the rest of the query kept. */
export function pageLinks({ origin, path, query }: Exchange, page: Page, total: number) {
  const link = (number: number): string => {
    const changed = new URLSearchParams(query);
    changed.set('page', String(number));
    return `${origin}${path}?${changed}`;
  };
  return {
    next: page.offset + page.size < total ? link(page.number + 1) : null,
    previous: page.number > 1 ? link(page.number - 1) : null,
  };
}
