import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/units.ts';
import type { Judgement } from '../domain/evidence.ts';
import { countText, shareText } from '../domain/figures.ts';
import { unshadowed } from '../domain/shadow.ts';
import { fixtureOf } from '../report/fixture/fixture.ts';
import { jsonCluster } from '../report/json.ts';
import { momentText, standingText } from '../report/sentences.ts';
import { shown } from '../report/text.ts';
import { withEvidence } from './evidence-of.ts';
import { Failure } from './failure.ts';
import { type CommonOptions, commandLine, withCommonOptions } from './file.ts';
import { clusterCalled, clustersOf, type FoundCluster } from './found-cluster.ts';
import { clusterText } from './mismatch-text.ts';
import { serviceTarget } from './service-target.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { whoIsActing } from './who.ts';

interface JudgeOptions extends CommonOptions {
  readonly reason?: string;
}

export function addMismatch(program: Command, terminal: Terminal): void {
  const mismatch = program.command('mismatch').description('look at what differs, and decide about it');
  withCommonOptions(mismatch.command('list'))
    .description('every cluster of mismatches, with what was decided about it')
    .argument('[route|service]', 'only of this route, or of the routes of this service')
    .action((name: string | undefined, options: CommonOptions) => list(name, options, terminal));
  withCommonOptions(mismatch.command('show'))
    .description('one cluster, with the newest examples')
    .argument('<id>', 'the cluster; the beginning of its id is enough')
    .action((id: string, options: CommonOptions) => show(id, options, terminal));
  withCommonOptions(mismatch.command('accept'))
    .description('it may differ: from now on it does not count')
    .argument('<id>', 'the cluster')
    .option('--reason <text>', 'why; kept with it, and shown in reports')
    .action((id: string, options: JudgeOptions) => judge(id, options, 'accepted', terminal));
  withCommonOptions(mismatch.command('ignore'))
    .description('it does not count until a day, on which it counts again')
    .argument('<id>', 'the cluster')
    .requiredOption('--until <when>', 'the end of this day, as 2026-12-31, or so long from now: 14d', parseUntil)
    .option('--reason <text>', 'why; kept with it, and shown in reports')
    .action((id: string, options: JudgeOptions & { until: number }) => judge(id, options, options.until, terminal));
  withCommonOptions(mismatch.command('restore'))
    .description('takes back what was decided: it counts again')
    .argument('<id>', 'the cluster')
    .action((id: string, options: CommonOptions) => judge(id, options, null, terminal));
  withCommonOptions(mismatch.command('export'))
    .description("write it as a vitest test for the service's own suite")
    .argument('<id>', 'the cluster')
    .option('--out <file>', 'the file to write; printed when it is not given')
    .action((id: string, options: CommonOptions & { out?: string }) => exportTest(id, options, terminal));
}

/** A day means until it is over, in UTC. */
function parseUntil(text: string): number {
  const length = parseDuration(text);
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  const until = length === undefined ? Date.parse(day ? `${text}T23:59:59.999Z` : text) : Date.now() + length;
  if (Number.isNaN(until))
    throw new InvalidArgumentError('It is neither a date such as 2026-12-31 nor a duration such as 14d.');
  if (until <= Date.now()) throw new InvalidArgumentError('It is over already.');
  return until;
}

async function list(name: string | undefined, { config, json }: CommonOptions, terminal: Terminal): Promise<void> {
  const found = await withEvidence(config, terminal, (control, doors) => clustersOf(control, doors, name));
  if (json) terminal.printJson(found.map(jsonOf));
  else if (found.length === 0) terminal.remark('no mismatch was recorded');
  else for (const line of table([headings, ...found.map(row)], [4, 5])) terminal.print(line);
}

const headings = ['CLUSTER', 'ROUTE', 'KIND', 'AT', 'COUNT', 'SHARE', 'LAST SEEN', 'STANDING', ''];

function row({ route, cluster }: FoundCluster): string[] {
  const { id, kind, pattern, count, percent, lastSeen, standing } = cluster;
  const told = standingText(cluster);
  return [
    id,
    route,
    kind,
    shown(pattern, 48),
    countText(count),
    shareText(percent),
    momentText(lastSeen),
    standing,
    told,
  ];
}

function jsonOf({ route, cluster }: FoundCluster): object {
  return { route, ...jsonCluster(cluster) };
}

async function show(id: string, { config, json }: CommonOptions, terminal: Terminal): Promise<void> {
  const found = clusterCalled(
    id,
    await withEvidence(config, terminal, (control, doors) => clustersOf(control, doors, undefined)),
  );
  const { examples } = found.cluster;
  if (json) {
    const told = examples.map((example) => ({ ...example, at: new Date(example.at).toISOString() }));
    terminal.printJson({ ...jsonOf(found), examples: told });
    return;
  }
  for (const line of clusterText(found, terminal)) terminal.print(line);
  const next = (verb: string): string =>
    `  ${commandLine(`strangler mismatch ${verb.replace('ID', found.cluster.id)}`, config)}`;
  const commands = [
    [next('export ID --out order.test.ts'), "writes it as a test for the service's own suite"],
    [next("accept ID --reason '…'"), 'says that it may be so'],
    [next("ignore ID --until 14d --reason '…'"), 'does not count it for a while'],
  ];
  for (const line of ['', ...table(commands)]) terminal.print(line);
}

/** `decided`: accepted, ignored until then (ms since the epoch), or neither any more. */
async function judge(
  id: string,
  { config, json, reason = null }: { config: string; json?: true; reason?: string | null },
  decided: 'accepted' | number | null,
  terminal: Terminal,
): Promise<void> {
  const by = { at: Date.now(), who: whoIsActing(terminal.env), reason };
  const judgement: Judgement | null =
    decided === null
      ? null
      : decided === 'accepted'
        ? { word: 'accepted', ...by }
        : { word: 'ignored', until: decided, ...by };
  const found = await withEvidence(config, terminal, async (control, doors) => {
    const all = await clustersOf(control, doors, undefined);
    // A decision outlives the evidence that it was made on: it can be taken back by the whole id.
    const isGone = decided === null && /^[0-9a-f]{8}$/.test(id) && all.every(({ cluster }) => cluster.id !== id);
    if (isGone && ((await control?.judge([id], null)) ?? []).length > 0) return null;
    const { cluster } = clusterCalled(id, all);
    await control!.judge([cluster.id], judgement);
    return clusterCalled(cluster.id, await clustersOf(control, doors, undefined));
  });
  if (json) terminal.printJson(found === null ? { id, judgement: null } : jsonOf(found));
  else terminal.print(found === null ? `${id} counts again, once it is seen again` : decisionText(found, decided));
}

function decisionText({ route, cluster }: FoundCluster, decided: 'accepted' | number | null): string {
  const { id, kind, pattern } = cluster;
  const what = `${id} (${kind} ${shown(pattern, 80)} of ${route})`;
  if (decided === null) return `${what} counts again`;
  return decided === 'accepted'
    ? `${what} is accepted, and no longer counts`
    : `${what} is ignored until ${momentText(decided)}, and then counts again`;
}

async function exportTest(
  id: string,
  { config, json, out }: CommonOptions & { out?: string },
  terminal: Terminal,
): Promise<void> {
  const { found, target, rules } = await withEvidence(config, terminal, async (control, doors) => {
    const found = clusterCalled(id, await clustersOf(control, doors, undefined));
    const route = doors.file?.settings.routes.find((each) => each.id === found.route);
    const rules = route?.shadow.rules ?? unshadowed.rules;
    return { found, rules, target: (url: string) => (route === undefined ? url : serviceTarget(route, url)) };
  });
  const { route, cluster } = found;
  const fixture = fixtureOf(cluster.examples, { route, cluster, target, rules });
  if (!fixture.ok) throw new Failure(`${cluster.id} can't be written as a test: ${fixture.why}`);
  if (out !== undefined) {
    try {
      // What is there already may have been worked on by hand.
      writeFileSync(out, fixture.text, { flag: 'wx' });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Failure(code === 'EEXIST' ? `${out} is there already` : `${out} can't be written: ${code}`);
    }
  }
  if (json) terminal.printJson({ id: cluster.id, route, file: out ?? null, test: fixture.text });
  else if (out === undefined) for (const line of fixture.text.trimEnd().split('\n')) terminal.print(line);
  else terminal.print(`${out} is written: SERVICE_URL=http://127.0.0.1:4003 npx vitest run ${out}`);
}
