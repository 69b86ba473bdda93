import { type FSWatcher, watch as watchDirectory } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from './environment.ts';
import { digestOfFiles, digestOfNothing } from './file.ts';
import type { Loaded } from './load.ts';
import { loadAside } from './load-aside.ts';

export interface WatchOptions {
  readonly env: Environment;
  /** What is in force already: only a file that differs from it is reported. */
  readonly since: Pick<Loaded, 'digest' | 'references'>;
  /** Milliseconds between two looks at the file; directory events only make it quicker. */
  readonly pollEvery?: number;
}

/** A save is over when the file has not changed for this long: editors write in several steps. */
const settleTime = 50;
/** What can't be read may be half a save, or the gap between a deletion and the new file. */
const secondChance = 150;
/** Timestamps have a grain: within this time a second save can leave the same one. */
const timestampGrain = 2_000;

/**
 * Reports every change of routes.yaml, and of the files that it names, once it is complete: the last content always
 * wins, nothing is reported twice, and no report begins before the last one has been dealt with. What `onChange`
 * throws becomes a process warning, since there is nobody to hand it to.
 */
export function watchSettings(
  file: string,
  onChange: (loaded: Loaded) => void | Promise<void>,
  { env, since, pollEvery = 250 }: WatchOptions,
): { close(): void } {
  return new Watch(file, onChange, env, since, pollEvery);
}

class Watch {
  readonly #file: string;
  readonly #onChange: (loaded: Loaded) => void | Promise<void>;
  readonly #env: Environment;
  readonly #poll: NodeJS.Timeout;
  #directory: FSWatcher | undefined;
  #digest: string;
  #references: readonly string[];
  #stamps = '';
  #looking = false;
  #lookAgain = false;
  #closed = false;

  constructor(
    file: string,
    onChange: (loaded: Loaded) => void | Promise<void>,
    env: Environment,
    since: WatchOptions['since'],
    pollEvery: number,
  ) {
    this.#file = file;
    this.#onChange = onChange;
    this.#env = env;
    this.#digest = since.digest;
    this.#references = since.references;
    // The poll is what can be relied on: directory events get lost with renamed directories, on network file
    // systems and behind links. They are there to make the usual save quick.
    this.#poll = setInterval(() => this.#onPoll(), pollEvery).unref();
    this.#watchDirectory();
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    this.#directory?.close();
  }

  #watchDirectory(): void {
    try {
      this.#directory = watchDirectory(dirname(this.#file), { persistent: false }, () => void this.#look());
      this.#directory.on('error', () => this.#directory?.close());
    } catch {
      // No directory or no watches left: the poll goes on.
    }
  }

  async #onPoll(): Promise<void> {
    const stamps = await stampsOf([this.#file, ...this.#references]);
    const unchanged = stamps.text === this.#stamps && Date.now() - stamps.newest > timestampGrain;
    // What kept the file from being read, as too many open files, leaves no stamp when it is over.
    if (unchanged && this.#digest !== digestOfNothing) return;
    this.#stamps = stamps.text;
    await this.#look();
  }

  /** One look at a time; whatever happens meanwhile makes one more. */
  async #look(): Promise<void> {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    while (this.#lookAgain && !this.#closed) {
      this.#lookAgain = false;
      await this.#reportIfChanged().catch((error) => process.emitWarning(error));
      // A busy neighbour in the same directory must not keep us reading.
      if (this.#lookAgain) await delay(settleTime, undefined, { ref: false });
    }
    this.#looking = false;
  }

  async #reportIfChanged(): Promise<void> {
    if ((await this.#currentDigest()) === this.#digest) return;
    await this.#settled(settleTime);
    let loaded = await loadAside(this.#file, this.#env);
    if (!loaded.ok && loaded.digest !== this.#digest) {
      await this.#settled(secondChance);
      const now = await digestOfFiles(this.#file, loaded.references);
      if (now !== loaded.digest) loaded = await loadAside(this.#file, this.#env);
    }
    if (this.#closed || loaded.digest === this.#digest) return;
    this.#digest = loaded.digest;
    this.#references = loaded.references;
    // A change during the report is found by the digest, with or without an event.
    this.#lookAgain = true;
    await this.#onChange(loaded);
  }

  /** Waits until the file stays as it is; a file that never rests is taken as it comes. */
  async #settled(rest: number): Promise<void> {
    let before = await this.#currentDigest();
    for (let look = 0; look < 10 && !this.#closed; look++) {
      await delay(rest, undefined, { ref: false });
      const now = await this.#currentDigest();
      if (now === before) return;
      before = now;
    }
  }

  #currentDigest(): Promise<string> {
    return digestOfFiles(this.#file, this.#references);
  }
}

/** When and how large each file is, in words to compare; links are followed. */
async function stampsOf(files: readonly string[]): Promise<{ text: string; newest: number }> {
  const stats = await Promise.all(files.map((file) => stat(file, { bigint: true }).catch(() => undefined)));
  const text = stats.map((one) => (one ? [one.dev, one.ino, one.size, one.mtimeNs, one.ctimeNs] : 'absent')).join(' ');
  const newest = Math.max(0, ...stats.map((one) => (one ? Number(one.ctimeMs) : 0)));
  return { text, newest };
}
