/** Workers of node:cluster, presented as one front. The primary keeps state, admin and signals to itself. */
import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { EvidenceBatch } from '../domain/evidence.ts';
import { departedInstances, mergeInstances } from '../domain/instance-figures.ts';
import { mergePublishFigures } from '../domain/publishing/figures.ts';
import type { ArmCount } from '../domain/rollout/arm-counts.ts';
import type { ListenSettings } from '../domain/settings.ts';
import { mergeFigures, mergeRefusals, settled } from '../events/meter.ts';
import { type ProcessFigures, watchProcess } from '../events/metrics.ts';
import { mergeShadowFigures } from '../events/shadow-figures.ts';
import type { HandedOver } from '../outbox/handing.ts';
import type { EventSink } from '../ports.ts';
import type { Front, Listening } from './front.ts';
import { type InForce, Member } from './member.ts';

/** ms until a dead worker's successor starts; doubled for each death in a row. */
const firstBackOff = 100;
const longestBackOff = 10_000;
/** A worker that lived this long (ms) did not die of its start. */
const settledAfter = 30_000;

interface FleetParts {
  readonly events: EventSink;
  readonly onEvidence: (batch: EvidenceBatch) => void;
  readonly onArms: (counts: readonly ArmCount[]) => void;
  readonly onHandedOver: (what: HandedOver) => void;
  /** The workers' access lines are JSON on a terminal too. */
  readonly json: boolean;
}

export function createFleet(workers: number, { events, onEvidence, onArms, onHandedOver, json }: FleetParts): Front {
  const members = new Set<Member>();
  const ownProcess = watchProcess();
  /** What workers counted that are gone: a counter must never fall. */
  let departed: Omit<ProcessFigures, 'process'> = {
    requests: [],
    parts: [],
    refused: {},
    shadow: [],
    published: [],
    circuits: [],
    instances: [],
    discovery: [],
  };
  let inForce: InForce | null = null;
  /** Null until every first worker listens, and again from the drain on: the dead are replaced while it is set. */
  let listenAt: ListenSettings | null = null;
  let port = 0;
  let deathsInARow = 0;

  const pseudonym = `strangler-${randomBytes(4).toString('hex')}`;
  // Workers accept for themselves. A primary that hands connections out never hears again of one that a worker had no
  // file descriptor left for, and gives that worker no other: a fleet that ran out of them once stayed silent.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('./worker.js', import.meta.url)),
    args: [pseudonym, json ? 'json' : 'lines'],
  });

  function enlist(at: ListenSettings): Promise<Listening> {
    return new Promise((resolve, reject) => {
      const member = new Member((report) => {
        if (report.type === 'event') events.emit(report.event);
        if (report.type === 'evidence') onEvidence(report.batch);
        if (report.type === 'arms') onArms(report.counts);
        if (report.type === 'handed-over') onHandedOver(report.what);
        if (report.type === 'listening') resolve(report.listening);
        if (report.type === 'not-listening') reject(Object.assign(new Error(report.message), { code: report.code }));
        if (report.type === 'ready') {
          if (inForce !== null) member.apply(inForce);
          member.listen(at);
        }
      });
      members.add(member);
      member.ended.then((how) => {
        members.delete(member);
        if (member.lastFigures !== null) {
          const { requests, parts, refused, shadow, published, instances } = member.lastFigures;
          departed = {
            requests: mergeFigures([departed.requests, settled(requests)]),
            parts: mergeFigures([departed.parts, settled(parts)]),
            refused: mergeRefusals([departed.refused, refused]),
            shadow: mergeShadowFigures([departed.shadow, shadow]),
            published: mergePublishFigures([departed.published, published]),
            // A circuit ends with its process: its successor begins with all of them closed.
            circuits: [],
            instances: mergeInstances([departed.instances, departedInstances(instances)]),
            discovery: [],
          };
        }
        reject(new Error(`a worker ended before it listened (${how})`));
        // A shared socket goes by what was asked for, port 0 too, and ends with its last worker: its port stays ours.
        if (listenAt !== null && members.size === 0) listenAt = { ...listenAt, port };
        if (listenAt !== null) replace(member, how);
      });
    });
  }

  function replace(member: Member, how: string): void {
    deathsInARow = member.age > settledAfter ? 1 : deathsInARow + 1;
    const restartIn = Math.min(longestBackOff, firstBackOff * 2 ** (deathsInARow - 1));
    events.emit({ type: 'worker.exited', pid: member.pid, how, restartIn });
    setTimeout(() => {
      // A successor that fails ends, and its end calls for the next one.
      if (listenAt !== null) enlist(listenAt).catch(() => undefined);
    }, restartIn);
  }

  return {
    workers,
    apply(settings, live) {
      inForce = { settings, live };
      for (const member of members) if (member.ready) member.apply(inForce);
    },
    async listen(at) {
      try {
        const [first] = await Promise.all(Array.from({ length: workers }, () => enlist(at)));
        port = first!.port;
        listenAt = at;
        return first!;
      } catch (error) {
        for (const member of members) member.kill();
        throw error;
      }
    },
    async drain(ms) {
      listenAt = null;
      const drained = await Promise.all([...members].map((member) => member.drain(ms)));
      return {
        finished: drained.reduce((sum, { finished }) => sum + finished, 0),
        cut: drained.reduce((sum, { cut }) => sum + cut, 0),
      };
    },
    async figures() {
      const told = await Promise.all([...members].map((member) => member.figures()));
      const own = { ...departed, process: await ownProcess() };
      return [own, ...told.filter((figures) => figures !== null)];
    },
  };
}
