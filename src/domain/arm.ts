/** Which target answered the caller: `legacy` before a split and in one arm of it, `service` in the other. */
export type Arm = 'legacy' | 'service';
