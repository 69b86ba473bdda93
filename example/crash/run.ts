/** The crash test itself: shoppers, deaths and bad moods at once, then quiet. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Dice, seededDice } from '../../legacy-monolith/data/random.ts';
import { progressOn } from '../process/progress.ts';
import { buy, type Checkout, shopperOf } from './shopper.ts';
import { serviceNames, type World } from './world.ts';

export interface Plan {
  readonly checkouts: number;
  readonly seed: number;
  readonly shoppers: number;
  /** `null`: one for every forty checkouts, and each process once at least. */
  readonly kills: number | null;
  readonly signal: AbortSignal;
}

export interface Story {
  readonly checkouts: readonly Checkout[];
  readonly killed: ReadonlyMap<string, number>;
  readonly milliseconds: number;
  /** Sagas that a person would have had to try once more. */
  readonly retried: number;
  /** ms from the last answer until nothing was under way any more; `null`: it never was quiet. */
  readonly quietAfter: number | null;
}

const quietPatience = 180_000;
const hangFor = 1_000;

export async function runCrash(world: World, plan: Plan): Promise<Story> {
  const { checkouts, seed, shoppers, signal } = plan;
  const dice = seededDice(seed);
  // As many as make some of them run out.
  const skus = dice.sample([...world.seeded.keys()], Math.max(3, Math.ceil(checkouts / 40)));
  const done: Checkout[] = [];
  const progress = progressOn(process.stderr, checkouts);
  const began = performance.now();

  const shop = async (): Promise<void> => {
    while (begun < checkouts) {
      begun += 1;
      done.push(await buy(world.url, shopperOf(dice, skus), signal));
      progress.show({ done: done.length, rate: done.length / ((performance.now() - began) / 1_000) });
    }
  };
  let begun = 0;
  const crowd = Promise.all(Array.from({ length: shoppers }, shop));
  const deaths = killAlong(world, deathsOf(world, plan, dice), () => done.length, signal);
  // Whoever fails first ends the other one, too: nobody goes on killing what nobody asks.
  const [killed] = await Promise.all([deaths, crowd]);
  progress.end();
  const milliseconds = performance.now() - began;

  const quiet = await untilQuiet(world, signal);
  return { checkouts: done, killed, milliseconds, ...quiet };
}

interface Death {
  readonly name: string;
  /** After so many checkouts, and ms. */
  readonly after: number;
  readonly delay: number;
  readonly mood: 'normal' | 'twice' | 'hang';
}

function deathsOf(world: World, { checkouts, kills }: Plan, dice: Dice): readonly Death[] {
  const names = world.mortals.map(({ name }) => name);
  const count = kills ?? Math.max(names.length, Math.ceil(checkouts / 40));
  const first = dice.sample(names, Math.min(count, names.length));
  const victims = [...first, ...Array.from({ length: count - first.length }, () => dice.pick(names))];
  // Not too near to the end: a death that comes after the last checkout proves nothing.
  const moments = victims.map(() => dice.between(1, Math.max(1, Math.floor(checkouts * 0.95)))).sort((a, b) => a - b);
  return victims.map((name, index) => ({
    name,
    after: moments[index]!,
    delay: dice.between(0, 40),
    mood: dice.pick(['normal', 'normal', 'twice', 'hang'] as const),
  }));
}

async function killAlong(
  world: World,
  deaths: readonly Death[],
  done: () => number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const killed = new Map<string, number>(world.mortals.map(({ name }) => [name, 0]));
  for (const { name, after, delay, mood } of deaths) {
    while (done() < after) await pause(5, undefined, { signal });
    await setMood(world, mood);
    await pause(delay, undefined, { signal });
    await world.mortals.find((mortal) => mortal.name === name)!.killAndRestart();
    killed.set(name, killed.get(name)! + 1);
    if (mood === 'hang') {
      await pause(hangFor, undefined, { signal });
      await setMood(world, 'normal');
    }
  }
  await setMood(world, 'normal');
  return killed;
}

async function setMood({ services }: World, mood: Death['mood']): Promise<void> {
  await fetch(`${services.gateway}/mood/${mood}`, { method: 'PUT' });
}

/** Waits until no saga is under way and no message waits; whatever is stuck is tried once more, as a person would. */
async function untilQuiet(world: World, signal: AbortSignal): Promise<Pick<Story, 'retried' | 'quietAfter'>> {
  const began = performance.now();
  let retried = 0;
  while (performance.now() - began < quietPatience) {
    const { sagas } = await json<{ sagas: { id: number }[] }>(`${world.services.orders}/sagas?state=stuck`);
    for (const { id } of sagas) {
      await fetch(`${world.services.orders}/sagas/${id}/retry`, { method: 'POST' });
      retried += 1;
    }
    const { total } = await json<{ total: number }>(`${world.services.orders}/sagas?state=under-way`);
    const health = await Promise.all(
      serviceNames.map((name) => json<{ events: { outbox: number } }>(`${world.services[name]}/healthz`)),
    );
    const behind = (await world.standings()).some(({ lag }) => lag > 0);
    if (total === 0 && !behind && health.every(({ events }) => events.outbox === 0) && world.untold() === 0) {
      return { retried, quietAfter: performance.now() - began };
    }
    await pause(200, undefined, { signal });
  }
  return { retried, quietAfter: null };
}

const json = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;
