import { isIP } from 'node:net';
import type { InstanceUrl } from '../../domain/instance-url.ts';
import type { FoundInstances, InstanceDiscovery } from '../../ports.ts';
import { type DnsParts, WatchedName } from './watched-name.ts';

/** Every address of the listed URLs' names is an instance. Until a name's addresses are known, it is one itself. */
export class DnsDiscovery implements InstanceDiscovery {
  readonly #urls: readonly InstanceUrl[];
  readonly #parts: DnsParts;

  constructor(urls: readonly InstanceUrl[], parts: DnsParts) {
    this.#urls = urls;
    this.#parts = parts;
  }

  watch(tell: (found: FoundInstances) => void): () => void {
    const hostnames = new Set(this.#urls.map(({ hostname }) => hostname).filter((hostname) => isIP(hostname) === 0));
    const names = new Map<string, WatchedName>();
    const tellAll = (): void => {
      const troubles = [...names.values()].flatMap(({ trouble }) => trouble ?? []);
      tell({
        urls: this.#urls.flatMap((url) => instancesOf(url, names.get(url.hostname)?.addresses ?? [])),
        trouble: troubles.length === 0 ? null : troubles.join('; '),
      });
    };
    for (const hostname of hostnames) names.set(hostname, new WatchedName(hostname, this.#parts, tellAll));
    tellAll();
    return () => {
      for (const name of names.values()) name.stop();
    };
  }
}

function instancesOf(url: InstanceUrl, addresses: readonly string[]): readonly InstanceUrl[] {
  return addresses.length === 0 ? [url] : addresses.map((address) => ({ ...url, address }));
}
