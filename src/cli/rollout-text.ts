/** How rollouts are told on a terminal. */
import { goesOn } from '../domain/rollout/position.ts';
import type { RolloutStatus } from '../domain/rollout/status.ts';
import { commandLine } from './file.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { durationText, percentText } from './words.ts';

/** The state knows best where rollouts stand; only a running proxy judges their gates. */
export function withGates(
  inState: readonly RolloutStatus[],
  fromProxy: readonly RolloutStatus[],
): readonly RolloutStatus[] {
  return inState.map((rollout) => {
    const { name, step, startedAt } = rollout;
    const same = fromProxy.find((one) => one.name === name && one.step === step && one.startedAt === startedAt);
    return same === undefined ? rollout : { ...rollout, gates: same.gates };
  });
}

/** Below the routes: what is under way, and what failed last. */
export function rolloutOverview(rollouts: readonly RolloutStatus[], terminal: Terminal): string[] {
  const moving = rollouts.filter(({ phase }) => goesOn(phase));
  const failed = rollouts.filter(({ phase }) => phase === 'failed');
  const rows = moving.map((rollout) => [
    rollout.name,
    `${rollout.step} of ${rollout.steps.length}`,
    percentText(rollout.percent),
    `${durationText(rollout.held)} of ${durationText(rollout.hold)}`,
    standing(rollout, terminal),
  ]);
  return [
    ...(rows.length === 0 ? [] : ['', ...table([['ROLLOUT', 'STEP', 'PERCENT', 'HELD', ''], ...rows], [2])]),
    ...failed.flatMap((rollout) => [
      '',
      terminal.style('red', `the rollout ${rollout.name} has failed on ${onStep(rollout)}: ${rollout.reason}`),
    ]),
  ];
}

/** All that is to be said of one. */
export function rolloutLines(rollout: RolloutStatus, file: string, terminal: Terminal): string[] {
  const facts = [
    ['rollout', terminal.style('bold', rollout.name)],
    ['routes', rollout.routes.join(', ')],
    ['stands', `${standing(rollout, terminal)}, on ${onStep(rollout)}`],
    ...(rollout.reason === null
      ? []
      : [['', rollout.who === null ? rollout.reason : `${rollout.who}: ${rollout.reason}`]]),
    ['steps', rollout.steps.map((percent, index) => (index + 1 === rollout.step ? `[${percent}]` : percent)).join(' ')],
    ...(goesOn(rollout.phase) ? whileUnderWay(rollout, terminal) : []),
    ...nextCommands(rollout, file).map(([command, does], index) => [index === 0 ? 'next' : '', `${command}  ${does}`]),
  ];
  return table(facts, [], terminal.width);
}

function whileUnderWay(rollout: RolloutStatus, terminal: Terminal): string[][] {
  return [
    ['held', `${durationText(rollout.held)} of ${durationText(rollout.hold)}`],
    ...gateFacts(rollout, terminal),
    ['waits for', waitsFor(rollout)],
  ];
}

const verdictStyles = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const;

function gateFacts({ gates }: RolloutStatus, terminal: Terminal): string[][] {
  if (gates === null) return [['gates', 'not judged: only a running proxy does']];
  return gates.map(({ verdict, words }, index) => {
    return [index === 0 ? 'gates' : '', `${terminal.style(verdictStyles[verdict], verdict)}  ${words}`];
  });
}

function waitsFor({ phase, held, hold, approve, step, steps }: RolloutStatus): string {
  const last = step === steps.length;
  const then = last ? 'then it is complete' : `then ${percentText(steps[step]!)}`;
  switch (phase) {
    case 'awaiting-approval':
      return `somebody to promote it, ${then}`;
    case 'paused':
      return 'somebody to resume it';
    default: {
      const rest = held < hold ? `${durationText(hold - held)} more, and its gates` : 'its gates';
      return `${rest}${approve && !last ? ', and somebody to promote it' : ''}; ${then}`;
    }
  }
}

function nextCommands({ name, phase, percent }: RolloutStatus, file: string): (readonly [string, string])[] {
  const of = (verb: string) => commandLine(`strangler rollout ${verb} ${name}`, file);
  switch (phase) {
    case 'holding':
      return [[of('promote'), 'skips the rest of the step']];
    case 'awaiting-approval':
      return [[of('promote'), 'goes on']];
    case 'paused':
      return [[of('resume'), 'goes on waiting for evidence']];
    case 'complete':
      return [[commandLine(`strangler shift ${name} ${percent} --write`, file), 'makes routes.yaml say so too']];
    case 'failed':
    case 'aborted':
      return [[of('start'), 'begins again']];
  }
}

export function onStep({ step, steps, percent }: Pick<RolloutStatus, 'step' | 'steps' | 'percent'>): string {
  return `step ${step} of ${steps.length} (${percentText(percent)})`;
}

const phaseStyles = {
  holding: 'green',
  'awaiting-approval': 'yellow',
  paused: 'yellow',
  complete: 'green',
  failed: 'red',
  aborted: 'yellow',
} as const;

function standing({ phase }: RolloutStatus, terminal: Terminal): string {
  return terminal.style(phaseStyles[phase], phaseWord({ phase }));
}

export function phaseWord({ phase }: Pick<RolloutStatus, 'phase'>): string {
  return phase.replace('-', ' ');
}
