import type { HealthSettings } from '../domain/policies.ts';
import { type Asking, askHealth, type HealthQuestion } from './ask-health.ts';

export interface RepeatedQuestion extends HealthQuestion {
  readonly health: HealthSettings;
  /** A number in [0, 1). */
  readonly chance: () => number;
}

/** Asks one instance whether it is well: at once, and again and again until it is stopped. */
export class HealthCheck {
  readonly #question: RepeatedQuestion;
  readonly #tell: (why: string | null) => void;
  #asking: Asking | null = null;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param tell hears why it is not well after each question, `null` when it is. */
  constructor(question: RepeatedQuestion, tell: (why: string | null) => void) {
    this.#question = question;
    this.#tell = tell;
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#asking?.cut();
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    this.#asking = askHealth(this.#question);
    const why = await this.#asking.why;
    if (this.#stopped) return;
    const { health, chance } = this.#question;
    // Proxies that were started together must not go on asking together.
    const wait = health.every * (0.9 + 0.2 * chance());
    this.#timer = setTimeout(() => void this.#ask(), wait).unref();
    this.#tell(why);
  }
}
