import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { type Explanation, explain } from '../domain/explain.ts';
import type { Settings } from '../domain/settings.ts';
import { openForReading, using } from './control.ts';
import { type CommonOptions, mustLoad, withCommonOptions } from './file.ts';
import { onStep, phaseWord } from './rollout-text.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { percentText } from './words.ts';
import { wrapped } from './wrap.ts';

type InForce = Parameters<typeof explain>[1];

type Plan = NonNullable<Explanation['plan']>;

type Header = readonly [name: string, value: string];

interface ExplainOptions extends CommonOptions {
  readonly header: readonly Header[];
  readonly ip?: string;
}

export function addExplain(program: Command, terminal: Terminal): void {
  withCommonOptions(program.command('explain'))
    .description('say which route, bucket and target a request would get and why, without sending it')
    .argument('<method>', 'the method, as GET', parseMethod)
    .argument('<target>', 'the path with its query, as /api/orders/42?full=1', parseTarget)
    .option(
      '-H, --header <line>',
      'a header of the request, as "cookie: session=7"; may be repeated',
      collectHeader,
      [],
    )
    .option('--ip <address>', 'the address that the request would come from', parseAddress)
    .action((method: string, target: string, options: ExplainOptions) => run(method, target, options, terminal));
}

function parseMethod(text: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(text)) throw new InvalidArgumentError('A method is one word, as GET.');
  return text;
}

/** What a request line may hold; the server has the last word on the rest. */
function parseTarget(text: string): string {
  if (!/^(?:\/|https?:\/\/|\*$)\S*$/.test(text)) {
    throw new InvalidArgumentError('It is a path from the root, as /api/orders/42, or a whole URL.');
  }
  return text;
}

function parseAddress(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('It is an IPv4 or IPv6 address.');
  return text;
}

function collectHeader(line: string, before: readonly Header[]): readonly Header[] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('A header is written as "name: value".');
  return [...before, [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
}

async function run(method: string, target: string, options: ExplainOptions, terminal: Terminal): Promise<void> {
  const { settings } = await mustLoad(options.config, terminal);
  const inForce = await liveOrDeclared(settings, terminal);
  const { header, ip } = options;
  const explanation = explain(settings, inForce, {
    method,
    target,
    headers: header,
    ...(ip === undefined ? {} : { clientIp: ip }),
  });
  if (options.json) terminal.printJson(explanation);
  else for (const line of tell(explanation, terminal)) terminal.print(line);
}

/** An explanation of what routes.yaml alone would do is worth having too, when it says that it is one. */
async function liveOrDeclared(settings: Settings, terminal: Terminal): Promise<InForce> {
  try {
    const control = await openForReading(settings);
    if (control !== null) {
      return await using(control, async (open) => ({ live: await open.read(), rollouts: await open.rollouts() }));
    }
  } catch (error) {
    terminal.remark(`live percents are unknown, going by routes.yaml: ${(error as Error).message}`);
  }
  return { live: [], rollouts: [] };
}

function tell({ method, host, path, route, caller, plan, why, nearest }: Explanation, terminal: Terminal): string[] {
  const facts: [string, string][] = [
    ['request', [method, path, host === null ? '' : `(host ${host})`].join(' ').trim()],
  ];
  const told = () => [...table(facts, [], terminal.width), '', ...wrapped(why, terminal.width)];
  if (plan === null) return told();
  if (route === null) {
    facts.push(['route', 'none']);
    if (nearest !== null) facts.push(['nearest', `${nearest.route} (${nearest.match}): ${nearest.unmet.join(', ')}`]);
  } else {
    const { id, line, match, params, stage, declared, live, latched, rollout } = route;
    facts.push(['route', `${id}  (routes.yaml line ${line}: ${match})`]);
    const bound = Object.entries(params).map(([name, value]) => `${name}=${value}`);
    if (bound.length > 0) facts.push(['bound', bound.join('  ')]);
    const notes = `${stage}, declared ${percentText(declared)}${latched ? ', latched' : ''}`;
    facts.push(['percent', `${percentText(live)}  (${notes})`]);
    if (rollout !== null) facts.push(['rollout', `${rollout.name}, ${phaseWord(rollout)}, on ${onStep(rollout)}`]);
  }
  if (caller !== null) facts.push(['caller', callerText(caller)]);
  facts.push(['target', terminal.style('bold', plan.primary)]);
  if (plan.parts === null) facts.push(['sends', `${method} ${plan.sends}`]);
  else for (const part of plan.parts) facts.push(['part', partText(part)]);
  const shadow = route?.shadow ?? null;
  if (shadow !== null) facts.push(['shadow', `${percentText(shadow.percent)} of requests, ${shadow.says}`]);
  for (const { type, when, key, mode } of route?.publishes ?? []) {
    facts.push(['publishes', `${type} of ${key}, ${when}${mode === 'async' ? ', without waiting' : ''}`]);
  }
  if (plan.fallback !== 'none') facts.push(['fallback', `legacy, ${fallbackText(plan.fallbackOn)}`]);
  if (plan.setsCookie) facts.push(['cookie', 'set, so that the caller keeps its side from the next request on']);
  return told();
}

function partText({ name, service, sends, required }: NonNullable<Plan['parts']>[number]): string {
  return `${name}: ${service} GET ${sends ?? '(too long a path)'}${required ? ', required' : ''}`;
}

/** @param answers `null`: the request is sent once at most. */
function fallbackText(answers: readonly number[] | null): string {
  if (answers === null) return 'only when no connection to the service can be made';
  return ['when the service fails', ...(answers.length === 0 ? [] : [`or answers ${answers.join(', ')}`])].join(' ');
}

function callerText({ source, group, bucket, threshold }: NonNullable<Explanation['caller']>): string {
  if (source === null) return 'nothing identifies it';
  return `by ${source}: bucket ${bucket} of group "${group}" (the service answers below ${threshold})`;
}
