import type { BusFigures, EventBus } from '../ports.ts';

/** A scrape is answered without the bus rather than late. */
const longestWait = 500;

/** Asks a bus, when somebody wants to know, how far its groups are. Never rejects. */
export async function busFigures(bus: Pick<EventBus, 'groups'>, wait = longestWait): Promise<BusFigures> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), wait);
  });
  try {
    const groups = await Promise.race([bus.groups(), late]);
    return groups === null ? { up: false, groups: [] } : { up: true, groups };
  } catch {
    return { up: false, groups: [] };
  } finally {
    clearTimeout(timer);
  }
}
