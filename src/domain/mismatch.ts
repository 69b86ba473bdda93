/**
 * - `missing`, `extra`: legacy has it and the service does not, or the other way round.
 * - `type`: another JSON type, or what is not what it calls itself. `value`: the same type, another value.
 * - `order`: the same elements in another order.
 * - `size`: more of a body than is kept or decoded, where the other side's is whole.
 * - `status`, `header`: of the head.
 */
export const mismatchKinds = ['missing', 'extra', 'type', 'value', 'order', 'size', 'status', 'header'] as const;

export type MismatchKind = (typeof mismatchKinds)[number];

/** One difference between what legacy (control) and the service (candidate) answered. */
export interface Mismatch {
  readonly kind: MismatchKind;
  /** Where exactly: `$.items[2].price`, `header:location`, `status`, `body` (a digest), `body:12` (a line, 1-based). */
  readonly path: string;
  /** The path with array positions as `[*]` and keys of map-like objects as `.*`: what mismatches are clustered by. */
  readonly pattern: string;
  /** JSON text of the value on legacy's side; `null` where there is none. May be cut: see `comparing`. */
  readonly control: string | null;
  readonly candidate: string | null;
}
