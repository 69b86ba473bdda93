/** Why the content coding of a body could not be taken off. */
export interface Undecoded {
  /** As a mismatch: `size` for more than is decoded, `type` for what is not what it calls itself. */
  readonly kind: 'size' | 'type';
  /** In words; nothing that was sent stands in it. */
  readonly why: string;
}
