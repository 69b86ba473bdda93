/** Somebody who comes to the shop: an app that says who its user is, or a browser that is known by its session. */
export interface Visitor {
  readonly kind: 'app' | 'browser';
  /** From 1 within its kind; a browser logs in as the customer of that number, if it does. */
  readonly number: number;
}

/** One request that a visitor is to make. */
export interface Step {
  readonly visitor: Visitor;
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** `{order}`, `{payment}` and `{own}` stand for what the visitor has been told by then: see {@link Memory}. */
  readonly path: string;
  /** Asks only whether what the visitor got of this path the last time is still good. */
  readonly revalidate: boolean;
  readonly body: Body | null;
  /** Milliseconds that the visitor lets pass after its step before this one. */
  readonly pause: number;
}

export type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  /** Sent with the token of the page that it stands on. */
  | { readonly kind: 'form'; readonly fields: Readonly<Record<string, string>> };

export const visitorKey = ({ kind, number }: Visitor): string => `${kind}-${number}`;
