import { type FSWatcher, readFileSync, type Stats, statSync, watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceUrl } from '../../domain/instance-url.ts';
import type { FoundInstances, InstanceDiscovery } from '../../ports.ts';
import { parseInstanceList } from './instance-list.ts';

/** ms between two looks at the file; directory events only make it quicker. */
const pollEvery = 500;
/** A save is over when the file has not changed for so many ms: some write in several steps. */
const settleTime = 50;
/** What can't be read or is wrong may be half a save, or the gap between a deletion and the new file. */
const secondChance = 200;
const mostBytes = 1024 * 1024;

/** What the file is at the moment; two that are equal say the same. */
interface Reading {
  readonly text: string | null;
  readonly why: string;
}

/** The instances that a file lists. It is small, and read in whole whenever it is looked at. */
export class FileDiscovery implements InstanceDiscovery {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  watch(tell: (found: FoundInstances) => void): () => void {
    const watched = new WatchedList(this.#path, tell);
    return () => watched.stop();
  }
}

class WatchedList {
  readonly #path: string;
  readonly #tell: (found: FoundInstances) => void;
  readonly #poll: NodeJS.Timeout;
  #directory: FSWatcher | undefined;
  #last: Reading;
  #urls: readonly InstanceUrl[] = [];
  #looking = false;
  #stopped = false;

  constructor(path: string, tell: (found: FoundInstances) => void) {
    this.#path = path;
    this.#tell = tell;
    // At once, since there is nobody to be asked without it; later looks never hold anyone up.
    this.#last = readNow(path);
    this.#take(this.#last);
    // The poll is what can be relied on: behind links and on network file systems events get lost.
    this.#poll = setInterval(() => void this.#look(), pollEvery).unref();
    try {
      this.#directory = watch(dirname(path), { persistent: false }, () => void this.#look());
      this.#directory.on('error', () => this.#directory?.close());
    } catch {
      // No directory, or no watches left: the poll goes on.
    }
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#poll);
    this.#directory?.close();
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    try {
      let reading = await readInTime(this.#path);
      if (isSame(reading, this.#last)) {
        // A busy neighbour in the same directory must not keep us reading.
        await delay(settleTime, undefined, { ref: false });
        return;
      }
      reading = await this.#settled(settleTime);
      if (typeof listOf(reading) === 'string') reading = await this.#settled(secondChance);
      if (this.#stopped || isSame(reading, this.#last)) return;
      this.#last = reading;
      this.#take(reading);
    } finally {
      this.#looking = false;
    }
  }

  /** What the file is once it stays as it is; one that never rests is taken as it comes. */
  async #settled(rest: number): Promise<Reading> {
    let before = await readInTime(this.#path);
    for (let look = 0; look < 10 && !this.#stopped; look++) {
      await delay(rest, undefined, { ref: false });
      const now = await readInTime(this.#path);
      if (isSame(now, before)) return now;
      before = now;
    }
    return before;
  }

  #take(reading: Reading): void {
    const list = listOf(reading);
    if (typeof list !== 'string') this.#urls = list;
    this.#tell({ urls: this.#urls, trouble: typeof list === 'string' ? `${this.#path}: ${list}` : null });
  }
}

function readNow(path: string): Reading {
  try {
    return unfit(statSync(path)) ?? { text: readFileSync(path, 'utf8'), why: '' };
  } catch (error) {
    return unreadable(error);
  }
}

async function readInTime(path: string): Promise<Reading> {
  try {
    return unfit(await stat(path)) ?? { text: await readFile(path, 'utf8'), why: '' };
  } catch (error) {
    return unreadable(error);
  }
}

/** What must not even be opened: a pipe that nobody writes to would hold everything up, and a device may never end. */
function unfit(stats: Stats): Reading | null {
  if (!stats.isFile()) return { text: null, why: 'it is no plain file' };
  return stats.size > mostBytes ? { text: null, why: 'it is larger than 1 MiB' } : null;
}

function unreadable(error: unknown): Reading {
  return { text: null, why: `it can't be read (${(error as NodeJS.ErrnoException).code})` };
}

function isSame(one: Reading, other: Reading): boolean {
  return one.text === other.text && one.why === other.why;
}

/** The instances, or why there is no list to go by. */
function listOf({ text, why }: Reading): readonly InstanceUrl[] | string {
  if (text === null) return why;
  const list = parseInstanceList(text);
  if ('wrong' in list) return list.wrong;
  return list.length === 0 ? 'it lists no instance' : list;
}
