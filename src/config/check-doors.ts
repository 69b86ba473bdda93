import { isLoopback } from './addresses.ts';
import type { Draft } from './draft.ts';
import { errorAt, type Finding, warningAt } from './problem.ts';

/** Shorter secrets can be guessed by whoever may try often enough. */
const shortestSecret = 16;

/** What can be wrong with the ways into the proxy: listening, the admin API, callers' keys and the override. */
export function checkDoors(draft: Draft, isGiven: (...path: string[]) => boolean): readonly Finding[] {
  const { listen, admin, override, caller = [] } = draft;
  const findings: Finding[] = [];
  if (admin && !isLoopback(admin.host)) {
    if (!isGiven('admin', 'token')) {
      findings.push(errorAt(['admin', 'host'], 'off loopback the admin API needs a "token"'));
    } else if (admin.token !== undefined && admin.token.length < shortestSecret) {
      findings.push(warningAt(['admin', 'token'], `"token" is shorter than ${shortestSecret} characters`));
    }
  }
  if (listen && admin && listen.port !== 0 && listen.port === admin.port && sameAddress(listen.host, admin.host)) {
    const key = isGiven('admin', 'port') ? ['admin', 'port'] : ['listen', 'port'];
    findings.push(errorAt(key, `port ${listen.port} is both listen's and admin's`));
  }
  for (const [index, block] of (listen?.trust ?? []).entries()) {
    if (block.endsWith('/0')) {
      findings.push(
        warningAt(['listen', 'trust', index], `"${block}" trusts everyone: any caller can forge its address`),
      );
    }
  }
  const ip = caller.findIndex((source) => source.from === 'ip');
  if (ip !== -1 && ip < caller.length - 1) {
    findings.push(warningAt(['caller', ip + 1], 'this source is never asked: every caller has an "ip"'));
  }
  if (override && override.secret.length < shortestSecret) {
    findings.push(warningAt(['override', 'secret'], `"secret" is shorter than ${shortestSecret} characters`));
  }
  return findings;
}

function sameAddress(one: string, other: string): boolean {
  const everywhere = ['0.0.0.0', '::'];
  if (everywhere.includes(one) || everywhere.includes(other)) return true;
  return one === other;
}
