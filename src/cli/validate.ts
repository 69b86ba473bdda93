import type { Command } from 'commander';
import { formatProblem, loadSettings } from '../config/load.ts';
import { plural } from '../domain/plural.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, wayToTheFile, withCommonOptions } from './file.ts';
import type { Terminal } from './terminal.ts';

export function addValidate(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('validate'))
    .description('check routes.yaml and report all of its problems at once')
    .action((options: CommonOptions) => validate(options, terminal));
}

async function validate({ config, json }: CommonOptions, terminal: Terminal): Promise<void> {
  const loaded = await loadSettings(config, terminal.env);
  const findings = loaded.ok ? loaded.warnings : loaded.problems;
  if (json) terminal.printJson({ valid: loaded.ok, problems: findings });
  else for (const finding of findings) terminal.print(formatProblem(finding));
  if (!loaded.ok) {
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    throw new Failure([`${config} is invalid: ${plural(errors, 'problem')}`, ...wayToTheFile(config)]);
  }
  if (json) return;
  const { routes, services } = loaded.settings;
  const shadowed = routes.filter(({ shadow }) => shadow.percent > 0).length;
  const routesText = `${plural(routes.length, 'route')}${shadowed === 0 ? '' : ` (${shadowed} shadowed)`}`;
  terminal.print(`${config} is valid: ${routesText}, ${plural(services.length, 'service')}`);
}
