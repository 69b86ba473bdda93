import type { Command } from 'commander';
import type { SteerAction } from '../domain/rollout/steer.ts';
import { using } from './control.ts';
import { findDoors, openExisting, remarkOnBroken } from './doors.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, withCommonOptions } from './file.ts';
import { movesOf, rolloutNews } from './outcome.ts';
import { steerable } from './rollout-named.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';

interface SteerOptions extends CommonOptions {
  readonly reason?: string;
}

const descriptions: Record<SteerAction, string> = {
  pause: 'stay on this step; evidence goes on being judged, and a gate that fails still ends the rollout',
  resume: 'go on after a pause; where somebody has shifted meanwhile, on the first step that takes nobody back',
  promote: 'approve the step, or skip the rest of it without evidence; the last one is complete by it',
  abort: 'stop, and leave callers where they are; "strangler rollback" takes them back to legacy',
};

export function addRolloutSteering(rollout: Command, terminal: Terminal): void {
  for (const [action, description] of Object.entries(descriptions) as [SteerAction, string][]) {
    withCommonOptions(rollout.command(action))
      .description(description)
      .argument('<route|service>', 'the rollout, by what it was started for')
      .option('--reason <text>', 'why; kept in the history')
      .action((name: string, options: SteerOptions) => steer(action, name, options, terminal));
  }
}

async function steer(action: SteerAction, name: string, options: SteerOptions, terminal: Terminal): Promise<void> {
  const { config, json, reason = null } = options;
  // A rollout has to be stopped with a broken file too.
  const doors = await findDoors(config, terminal);
  remarkOnBroken(doors, config, terminal);
  const who = whoIsActing(terminal.env);
  const ofService = doors.file?.settings.routes.filter(({ service }) => service === name).map(({ id }) => id) ?? [];

  await using(await openExisting(doors), async (control) => {
    const rollout = steerable(name, await control.rollouts(), { verb: action, file: config, serviceRoutes: ofService });
    const before = await control.read();
    // For the step that was seen: whoever promotes twice in a row means one step.
    const step = rollout.step - 1;
    const outcome = await control.change({ kind: 'rollout-steer', name, action, step, who, reason });
    if (outcome.refused.length > 0) throw new Failure(outcome.refused.map(({ message }) => message));
    if (json) terminal.printJson(outcome);
    else {
      const moved = outcome.entries.some(({ what }) => what === 'percent');
      const words = moved ? [outcome.entries[0]!.reason ?? '', ...movesOf(before, outcome, rollout.routes)] : [];
      for (const line of [...words, ...rolloutNews(outcome)]) terminal.print(line);
      const back = commandLine(`strangler rollback ${name}`, config);
      if (action === 'abort') terminal.print(`to take callers back to legacy: ${back}`);
    }
  });
}
