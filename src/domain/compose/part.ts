/** One of the services' answers that a composed answer is put together from, and how it is asked for. */
export interface PartSettings {
  /** Its key in the composed answer; unique in its route. */
  readonly name: string;
  readonly service: string;
  /** The service's own path; `:names` and a final `*` come from the match. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: PartValue])[];
  /** Without it there is no composed answer. */
  readonly required: boolean;
  /** The members of its object stand in the answer themselves, instead of under its name. */
  readonly spread: boolean;
  /** Milliseconds for all of it, from its turn in the queue to the last byte. */
  readonly timeout: number;
  /** Bytes that its body may have. */
  readonly limit: number;
}

/** What stands in a part's query: text, or what the caller's request has there. */
export type PartValue =
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'path' | 'query' | 'header'; readonly name: string };

/** `path:id`, `query:page`, `header:x-tenant`; anything else is text. */
export function partValueOf(written: string): PartValue {
  const [, from, name] = /^(path|query|header):(.+)$/s.exec(written) ?? [];
  if (from === undefined || name === undefined) return { from: 'text', text: written };
  return { from: from as 'path' | 'query' | 'header', name: from === 'header' ? name.toLowerCase() : name };
}

/** What a part goes by wherever a route does: its circuit, its figures. */
export function partId(route: string, part: string): string {
  return `${route}.${part}`;
}

/** Who gives the composed answer the fields that several parts can't share: the first required part, else the first. */
export function leadingPart(parts: readonly Pick<PartSettings, 'required'>[]): number {
  return Math.max(
    0,
    parts.findIndex(({ required }) => required),
  );
}
