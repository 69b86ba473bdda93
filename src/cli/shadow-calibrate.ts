import { setTimeout as after } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { writeRules } from '../config/edit.ts';
import type { ValidFile } from '../config/load.ts';
import { ruleLines } from '../config/rules-edit.ts';
import { parseDuration } from '../config/units.ts';
import type { NoiseTally } from '../domain/evidence.ts';
import { plural } from '../domain/plural.ts';
import { findingsOf, noNoise, type ProposedRule, rulesOf, type SelfFinding } from '../domain/proposal.ts';
import { declaredRoutes } from '../domain/status.ts';
import { adminClient } from './admin-client.ts';
import { type Control, openControl, using } from './control.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, mustLoad, withCommonOptions } from './file.ts';
import { knownRows } from './known-rows.ts';
import { select } from './select.ts';
import { watchNoise } from './shadow-noise.ts';
import { progressReporter } from './shadow-progress.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';
import { durationText } from './words.ts';
import { writeEach } from './write-each.ts';

interface CalibrateOptions extends CommonOptions {
  readonly pairs: number;
  /** ms */
  readonly for: number;
  readonly write?: true;
}

export function addCalibrate(shadow: Command, terminal: Terminal): void {
  withCommonOptions(shadow.command('calibrate'))
    .description('hold legacy against itself for a while and propose rules for what differs; needs no service')
    .argument('<route>', 'whose GETs and HEADs legacy is asked twice')
    .option('--pairs <count>', 'how many pairs of answers to compare', parsePairs, 200)
    .addOption(waiting)
    .option('--write', 'write the proposed rules into routes.yaml')
    .action((name: string, options: CalibrateOptions, command: Command) => {
      // `strangler shadow -c FILE calibrate …` means that file too.
      const outer = shadow.getOptionValueSource('config') === 'cli' && command.getOptionValueSource('config') !== 'cli';
      return run(name, outer ? { ...options, config: shadow.opts().config } : options, terminal);
    });
}

const waiting = new Option('--for <duration>', 'how long to wait for them: 30s, 1h')
  .argParser(parseTime)
  .default(120_000, '2m');

function parsePairs(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(text);
}

function parseTime(text: string): number {
  const time = parseDuration(text);
  if (time === undefined || time < 1_000 || time > 24 * 3_600_000) {
    throw new InvalidArgumentError('It is a duration from 1s to 24h, such as 2m.');
  }
  return time;
}

async function run(name: string, options: CalibrateOptions, terminal: Terminal): Promise<void> {
  const loaded = await mustLoad(options.config, terminal);
  const route = oneRoute(name, loaded);
  await using(await openControl(loaded.settings), async (control) => {
    const [row] = await knownRows(control, loaded, [route], whoIsActing(terminal.env));
    if (row?.live === 100 && row.shadowLive === 0) {
      const way = `shadow it first, which asks legacy too: strangler shadow ${route} 100`;
      throw new Failure(`${row.service} answers all callers of ${route}, and legacy none: ${way}`);
    }
    const noise = await calibrate(control, loaded, route, options, terminal);
    const findings = findingsOf(noise);
    const rules = rulesOf(findings);
    const enough = noise.pairs >= options.pairs;
    if (options.json) printJson(route, noise, findings, rules, options, terminal);
    else for (const line of told(route, noise, findings, rules, options)) terminal.print(line);

    if (!enough) throw new Failure(tooFew(noise.pairs, options));
    if (options.write && rules.length > 0) await write(control, loaded, route, rules, options.config, terminal);
  });
}

function oneRoute(name: string, { settings }: ValidFile): string {
  const selected = select(name, declaredRoutes(settings.routes));
  const [route] = selected;
  if (route === undefined || selected.length > 1) {
    const ids = selected.map(({ route: id }) => id).join(', ');
    throw new Failure(`rules belong to one route, and "${name}" has ${selected.length}: name one of ${ids}`);
  }
  if (route.retired) throw new Failure(`"${name}" is declared "legacy: retired": there is no legacy to ask`);
  const { matches = [] } = settings.routes.find(({ id }) => id === route.route) ?? {};
  if (!matches.some(({ methods }) => methods === null || methods.includes('GET') || methods.includes('HEAD'))) {
    throw new Failure(`"${name}" takes no GET and no HEAD: nothing else may be asked of legacy twice`);
  }
  return route.route;
}

/** Has legacy asked twice until there are pairs enough, the time is over or Ctrl-C; and ends it in any case. */
async function calibrate(
  control: Control,
  { settings }: ValidFile,
  route: string,
  options: CalibrateOptions,
  terminal: Terminal,
): Promise<NoiseTally> {
  const from = Date.now();
  const until = from + options.for;
  const noise = await watchNoise(settings, route, from);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const { refused } = await control.change({ kind: 'calibrate', routes: [route], until });
    if (refused.length > 0) throw new Failure(refused.map(({ message }) => message));
    const asked = `legacy is asked a second time for GETs and HEADs of ${route}`;
    terminal.remark(`${asked}, for at most ${durationText(options.for)}`);
    const reporter = progressReporter(route, options.pairs, from, terminal);
    let seen = noNoise;
    while (seen.pairs < options.pairs && Date.now() < until && !interrupted.signal.aborted) {
      await after(pause, undefined, { signal: interrupted.signal }).catch(() => {});
      seen = await noise.read();
      const now = Date.now();
      if (seen.pairs === 0 && now - from > patience) await reporter.silence(() => whyNothing(settings.admin, route));
      reporter.tell(seen.pairs, until - now, now);
    }
    return await noise.read();
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    terminal.progress(null);
    await control.change({ kind: 'calibrate', routes: [route], until: 0 }).finally(noise.close);
  }
}

/** ms between two looks at the evidence, which comes in about once a second. */
const pause = 500;
/** ms without a pair after which the reason is looked for. */
const patience = 5_000;

async function whyNothing(admin: ValidFile['settings']['admin'], route: string): Promise<string> {
  const client = adminClient(admin);
  const status = await client.status().catch(() => null);
  if (status === null) return `nothing has arrived yet, and no proxy answers at ${client.url}: does one run?`;
  return `nothing has arrived yet: no GET or HEAD of ${route} has come to the proxy, or legacy is too busy to be asked twice`;
}

function tooFew(pairs: number, { pairs: wanted, write }: CalibrateOptions): string[] {
  const why = pairs === 0 ? 'there was no pair' : `there were only ${pairs} of ${plural(wanted, 'pair')}`;
  const way = '--for waits longer, --pairs asks for fewer';
  return [`${why}: ${way}`, ...(write && pairs > 0 ? ['nothing was written'] : [])];
}

function told(
  route: string,
  { pairs }: NoiseTally,
  findings: readonly SelfFinding[],
  rules: readonly ProposedRule[],
  options: CalibrateOptions,
): string[] {
  if (pairs === 0) return [];
  if (findings.length === 0) {
    return [`legacy agrees with itself in all of ${plural(pairs, 'pair')}: ${route} needs no rule`];
  }
  const sentences = findings.map(({ sentence }) => sentence);
  if (rules.length === 0) return sentences;
  const heading = `for the shadow of ${route} in routes.yaml${options.write ? '' : ' (--write puts it there)'}:`;
  return [...sentences, '', heading, '    shadow:', ...ruleLines(rules).map((line) => `      ${line}`)];
}

function printJson(
  route: string,
  { pairs }: NoiseTally,
  findings: readonly SelfFinding[],
  rules: readonly ProposedRule[],
  { pairs: wanted }: CalibrateOptions,
  terminal: Terminal,
): void {
  const differences = findings.map(({ kind, pattern, count, sentence, rule }) => ({
    kind,
    pattern,
    count,
    sentence,
    rule,
  }));
  terminal.printJson({ route, pairs, wanted, differences, rules, yaml: ruleLines(rules).join('\n') });
}

async function write(
  control: Control,
  loaded: ValidFile,
  route: string,
  rules: readonly ProposedRule[],
  file: string,
  terminal: Terminal,
): Promise<void> {
  let added: readonly ProposedRule[] = [];
  await writeEach(control, loaded, [route], file, terminal, async () => {
    added = await writeRules(file, route, rules, terminal.env);
  });
  if (added.length === 0) terminal.remark(`${file} has these rules already`);
  else terminal.remark(`${file} has ${plural(added.length, 'rule')} more; evidence of ${route} begins anew with them`);
}
