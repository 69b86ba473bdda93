import { lookup, Resolver } from 'node:dns/promises';
import type { TargetSettings } from '../../domain/settings.ts';
import type { InstanceDiscovery } from '../../ports.ts';
import { DnsDiscovery } from './dns-discovery.ts';
import { FileDiscovery } from './file-discovery.ts';

/** The way in which routes.yaml says that a target's instances are found. */
export function discoveryFor({ urls, discovery }: TargetSettings, chance: () => number): InstanceDiscovery {
  switch (discovery.kind) {
    case 'static':
      return { watch: (tell) => listed(() => tell({ urls, trouble: null })) };
    case 'dns':
      return new DnsDiscovery(urls, {
        chance,
        // A new one each time: it goes by the name servers of the hour, which a long-lived proxy sees change.
        resolver: () => new Resolver({ timeout: 2_000, tries: 2 }),
        lookup: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
      });
    case 'file':
      return new FileDiscovery(discovery.path);
  }
}

/** There is nothing to stop. */
function listed(tell: () => void): () => void {
  tell();
  return () => {};
}
