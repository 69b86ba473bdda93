import type { HistoryEntry } from '../domain/live.ts';
import { plural } from '../domain/plural.ts';
import { printable } from '../domain/printable.ts';
import type { DomainEvent } from '../ports.ts';

export type Level = 'info' | 'warn' | 'error';

const levels: Record<DomainEvent['type'], Level> = {
  'proxy.started': 'info',
  'proxy.draining': 'info',
  'proxy.stopped': 'info',
  'reload.applied': 'info',
  'reload.rejected': 'error',
  'reload.warned': 'warn',
  'overload.began': 'error',
  'overload.ended': 'info',
  'restart.needed': 'warn',
  'worker.exited': 'error',
  'route.shifted': 'info',
  'state.unavailable': 'error',
  'state.recovered': 'info',
  'rollback.held': 'error',
  'state.conflict': 'warn',
  'shadow.stopped': 'error',
  'compare.failed': 'warn',
  'comparer.restarted': 'error',
  'evidence.lost': 'error',
  'evidence.recovered': 'info',
  'forwarding.untrusted': 'warn',
  'target.misbehaved': 'warn',
  'rollout.started': 'info',
  'rollout.advanced': 'info',
  'rollout.awaiting-approval': 'warn',
  'rollout.paused': 'warn',
  'rollout.resumed': 'info',
  'rollout.failed': 'error',
  'rollout.aborted': 'warn',
  'rollout.completed': 'info',
  'guard.tripped': 'error',
  'events.lost': 'error',
  'webhook.lost': 'warn',
  'gate.unreachable': 'warn',
  'circuit.opened': 'error',
  'circuit.closed': 'info',
  'answer.replaced': 'info',
  'instance.unhealthy': 'warn',
  'instance.healthy': 'info',
  'instance.ejected': 'warn',
  'instance.returned': 'info',
  'discovery.changed': 'info',
  'discovery.failed': 'warn',
  'request.failed': 'warn',
  'events.suppressed': 'warn',
};

export function levelOf(event: DomainEvent): Level {
  return levels[event.type];
}

/** What happened, in words: the message of a JSON line and the whole of a human one. */
export function sentenceOf(event: DomainEvent): string {
  return printable(words(event));
}

function words(event: DomainEvent): string {
  switch (event.type) {
    case 'proxy.started':
      return `listening on ${event.url}, admin on ${event.admin}`;
    case 'proxy.draining':
      return `draining: ${plural(event.inFlight, 'request')} under way`;
    case 'proxy.stopped':
      return 'stopped';
    case 'reload.applied':
      return `${event.file} applied: ${plural(event.routes, 'route')}`;
    case 'reload.rejected':
      return `${event.file} is invalid, the last good one stays in force: ${event.problems.join('; ')}`;
    case 'reload.warned':
      return event.warnings.join('; ');
    case 'overload.began':
      return `overloaded, requests are refused: ${plural(event.requests, 'request')} under way${event.by === 'lag' ? ', and the event loop is late' : ''}`;
    case 'overload.ended':
      return `no longer overloaded: ${plural(event.refused, 'request')} refused`;
    case 'restart.needed':
      return `changed in routes.yaml but only taken up by a restart: ${event.settings.join(', ')}`;
    case 'worker.exited':
      return `worker ${event.pid} ended (${event.how}), a new one starts in ${event.restartIn} ms`;
    case 'route.shifted':
      return shift(event.entry);
    case 'state.unavailable':
      return `the state is unavailable, serving with the percents last known: ${event.error}`;
    case 'state.recovered':
      return 'the state is available again';
    case 'rollback.held':
      return `${event.routes?.join(', ') ?? 'everything'} rolled back by ${event.who}, held by this proxy alone until the state is available again`;
    case 'state.conflict':
      return `${event.route}: ${event.message}`;
    case 'shadow.stopped':
      return `${event.route} is not shadowed any more: ${event.reason}`;
    case 'compare.failed':
      return `${event.route} could not be compared by the rule ${event.rule}: ${event.error}`;
    case 'comparer.restarted':
      return `the comparer was started anew, ${plural(event.lost, 'comparison')} lost: ${event.reason}`;
    case 'evidence.lost':
      return `${plural(event.batches, 'batch', 'batches')} of evidence lost: ${event.error}`;
    case 'evidence.recovered':
      return 'evidence is kept again';
    case 'forwarding.untrusted':
      return `${event.peer} sends forwarding headers but is not in listen.trust, they are replaced`;
    case 'target.misbehaved':
      return `${event.target} (${event.instance}) ${event.what}`;
    case 'rollout.started':
    case 'rollout.advanced':
    case 'rollout.awaiting-approval':
    case 'rollout.paused':
    case 'rollout.resumed':
    case 'rollout.failed':
    case 'rollout.aborted':
    case 'rollout.completed':
      return transition(event);
    case 'guard.tripped':
      return `${event.route} goes back to legacy, by its guard: ${event.reason}`;
    case 'events.lost':
      return `the group ${event.group} will never get ${plural(event.events, 'event')}: more were kept than events.most`;
    case 'webhook.lost':
      return `the webhook at ${event.receiver} has not taken what became of a rollout: ${event.error}`;
    case 'gate.unreachable':
      return `the gate on ${event.query} can't be read from ${event.at}: ${event.error}`;
    case 'circuit.opened':
      return `${circuit(event)} is open: ${event.why}`;
    case 'circuit.closed':
      return `${circuit(event)} is closed again`;
    case 'answer.replaced':
      return `${event.target} answered ${event.status} on ${event.route}, legacy is asked instead (${event.cause})`;
    case 'instance.unhealthy':
      return `${event.target} (${event.instance}) is unhealthy and left alone: ${event.why}`;
    case 'instance.healthy':
      return `${event.target} (${event.instance}) is healthy again`;
    case 'instance.ejected':
      return `${event.target} (${event.instance}) is left alone for ${event.time} ms, after ${plural(event.failures, 'failure')} in a row`;
    case 'instance.returned':
      return `${event.target} (${event.instance}) is asked again`;
    case 'discovery.changed':
      return `${event.target} has ${plural(event.instances, 'instance')} now: ${changes(event)}`;
    case 'discovery.failed':
      return `the instances of ${event.target} stay what they were: ${event.why}`;
    case 'request.failed':
      return `${event.code} on ${event.route} by ${event.target}: ${event.detail}`;
    case 'events.suppressed':
      return `${event.count} more of ${event.of} (${event.about}) within ${event.seconds} s`;
  }
}

function circuit({ target, route }: { readonly target: string; readonly route: string }): string {
  return route === '*' ? `the circuit of ${target}` : `the circuit of ${target} for ${route}`;
}

function changes({ added, gone }: { readonly added: readonly string[]; readonly gone: readonly string[] }): string {
  return [added.map((name) => `${name} came`), gone.map((name) => `${name} went`)].flat().join(', ');
}

function shift(entry: HistoryEntry): string {
  const percent = (value: number | null) => (value === null ? 'none' : `${value} %`);
  const reason = entry.reason === null ? '' : `: ${entry.reason}`;
  if (entry.what === 'rollout') {
    return `${entry.route} stays at ${percent(entry.to)} (${entry.source} by ${entry.who})${reason}`;
  }
  const what = entry.what === 'shadow' ? `${entry.route} shadow` : entry.route;
  return `${what} ${percent(entry.from)} → ${percent(entry.to)} (${entry.source} by ${entry.who})${reason}`;
}

function transition(event: Extract<DomainEvent, { rollout: string }>): string {
  const word = event.type.slice('rollout.'.length).replace('-', ' ');
  const reason = event.reason === null ? '' : `: ${event.reason}`;
  return `rollout ${event.rollout} ${word} on step ${event.step} of ${event.steps} (${event.percent} %)${reason}`;
}
