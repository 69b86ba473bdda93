/** A rule that can't be read as it is written. The message follows on "this". */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

/** A rule that could not be carried out on what was answered. */
export class RuleFailure extends Error {
  override readonly name = 'RuleFailure';
  /** As in `ruleNames`. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(message);
    this.rule = rule;
  }
}

/** Told around every expression that a user wrote, so that a watchdog outside knows which one runs too long. */
export interface RuleWatch {
  /** The rule's position in `ruleNames`. */
  enter(rule: number): void;
  leave(): void;
}
