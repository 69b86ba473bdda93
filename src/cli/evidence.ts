import type { Command } from 'commander';
import { knownRoutes, named, withEvidence } from './evidence-of.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, withCommonOptions } from './file.ts';
import type { Terminal } from './terminal.ts';

export function addEvidence(program: Command, terminal: Terminal): void {
  const evidence = program.command('evidence').description('what shadowing has shown, as it is kept');
  withCommonOptions(evidence.command('reset'))
    .description('forget it and begin anew, as after a fix; what was decided about clusters stays')
    .argument('[route|service]', 'of this route, or of the routes of this service')
    .option('--all', 'of every route')
    .action((name: string | undefined, options: CommonOptions & { all?: true }) => reset(name, options, terminal));
}

async function reset(
  name: string | undefined,
  { config, json, all }: CommonOptions & { all?: true },
  terminal: Terminal,
): Promise<void> {
  if ((name === undefined) === (all === undefined)) throw new Failure('name a route or a service, or give --all', 2);
  const forgotten = await withEvidence(config, terminal, async (control, doors) => {
    const evidence = (await control?.read({ past: true, withoutExamples: true })) ?? [];
    const routes =
      name === undefined ? null : named(name, knownRoutes(doors, [], evidence), doors).map(({ route }) => route);
    return (await control?.reset(routes)) ?? [];
  });
  if (json) terminal.printJson({ reset: forgotten });
  else if (forgotten.length === 0) terminal.remark('there was no evidence');
  else terminal.print(`the evidence of ${forgotten.join(', ')} begins anew`);
}
