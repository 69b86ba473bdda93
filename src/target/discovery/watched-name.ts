import type { Resolver } from 'node:dns/promises';

export interface DnsParts {
  readonly resolver: () => Pick<Resolver, 'resolve4' | 'resolve6' | 'cancel'>;
  /** All addresses that the system knows for a name: by its hosts file, among others. */
  readonly lookup: (name: string) => Promise<readonly string[]>;
  /** A number in [0, 1). */
  readonly chance: () => number;
}

/** Seconds that an answer is believed, whatever its time to live says. */
export const shortestTtl = 1;
export const longestTtl = 300;
/** ms until the system is asked again for a name that DNS doesn't know: it tells no time to live. */
export const lookUpEvery = 10_000;
/** ms until a name is asked for again that could not be asked for. */
export const retryAfter = 5_000;
/** Addresses of one kind that are taken of one answer. */
const mostAddresses = 256;

type Family = 'resolve4' | 'resolve6';

type Told =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly ttl: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly code: string };

/** The addresses of one name, asked for again whenever their time to live is over. */
export class WatchedName {
  /** Empty until some are known, never again after that: the last ones are kept where there is no news. */
  addresses: readonly string[] = [];
  /** Why the addresses may be old, or are not known at all. */
  trouble: string | null = null;
  readonly #name: string;
  readonly #parts: DnsParts;
  readonly #onChange: () => void;
  readonly #known: Record<Family, readonly string[]> = { resolve4: [], resolve6: [] };
  #timer: NodeJS.Timeout | undefined;
  #asking: Pick<Resolver, 'cancel'> | null = null;
  #stopped = false;

  /** @param onChange told after every answer, never at once. */
  constructor(name: string, parts: DnsParts, onChange: () => void) {
    this.#name = name;
    this.#parts = parts;
    this.#onChange = onChange;
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#asking?.cancel();
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const resolver = this.#parts.resolver();
    this.#asking = resolver;
    const four = ask(resolver, 'resolve4', this.#name);
    const six = ask(resolver, 'resolve6', this.#name);
    const wait = await this.#settle(await four, await six);
    if (this.#stopped) return;
    // Never before the time is over, and not all proxies of a fleet at once.
    this.#timer = setTimeout(() => void this.#ask(), wait * (1 + 0.1 * this.#parts.chance())).unref();
    this.#onChange();
  }

  /** Resolves with the milliseconds until the next question. */
  async #settle(four: Told, six: Told): Promise<number> {
    this.#note('resolve4', four);
    this.#note('resolve6', six);
    const found = [...this.#known.resolve4, ...this.#known.resolve6];
    const failure = four.kind === 'failed' ? four : six.kind === 'failed' ? six : null;
    const isSilent = four.kind === 'none' && six.kind === 'none';
    // DNS knows nothing of it, or never said anything: then it may be a name of the system's own.
    if (isSilent || (found.length === 0 && failure !== null)) return this.#lookUp();
    this.trouble = failure === null ? null : `${this.#name} could not be resolved (${failure.code})`;
    this.addresses = found;
    const ttls = [four, six].flatMap((told) => (told.kind === 'addresses' ? told.ttl : []));
    const believed = Math.min(longestTtl, Math.max(shortestTtl, Math.min(...ttls))) * 1_000;
    return failure === null ? believed : Math.min(believed, retryAfter);
  }

  #note(family: Family, told: Told): void {
    // What could not be asked for is what it was.
    if (told.kind !== 'failed') this.#known[family] = told.kind === 'addresses' ? told.addresses : [];
  }

  async #lookUp(): Promise<number> {
    if (this.#stopped) return retryAfter;
    try {
      const addresses = await this.#parts.lookup(this.#name);
      if (addresses.length > 0) this.addresses = inOrder(addresses);
      this.trouble = null;
      return lookUpEvery;
    } catch (error) {
      this.trouble = `${this.#name} could not be resolved (${codeOf(error)})`;
      return retryAfter;
    }
  }
}

async function ask(resolver: Pick<Resolver, Family>, family: Family, name: string): Promise<Told> {
  try {
    const records = await resolver[family](name, { ttl: true });
    if (records.length === 0) return { kind: 'none' };
    const addresses = inOrder(records.map(({ address }) => address));
    return { kind: 'addresses', addresses, ttl: Math.min(...records.map(({ ttl }) => ttl)) };
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENODATA' || code === 'ENOTFOUND' ? { kind: 'none' } : { kind: 'failed', code };
  }
}

/** Name servers turn their answers round each time, which is no news. */
function inOrder(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses)].toSorted().slice(0, mostAddresses);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
