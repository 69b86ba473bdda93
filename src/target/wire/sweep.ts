import type { Sweepable, Sweeper } from '../../ports.ts';

export const tickMilliseconds = 100;

/**
 * One coarse timer for every deadline: setting one is an assignment, where a timer a request would cost more
 * than everything else the wire client does. Deadlines count ticks rather than time, so that a stalled event
 * loop makes them late and never early.
 */
export class Sweep implements Sweeper {
  readonly #members: Sweepable[] = [];
  #tick = 1;
  #timer: NodeJS.Timeout | null = null;

  after(milliseconds: number): number {
    return milliseconds === 0 ? 0 : this.#tick + Math.ceil(milliseconds / tickMilliseconds) + 1;
  }

  add(member: Sweepable): void {
    if (member.sweepIndex !== -1) return;
    member.sweepIndex = this.#members.push(member) - 1;
    this.#timer ??= setInterval(() => this.#run(), tickMilliseconds).unref();
  }

  remove(member: Sweepable): void {
    const index = member.sweepIndex;
    if (index === -1) return;
    const last = this.#members.pop()!;
    if (last !== member) {
      this.#members[index] = last;
      last.sweepIndex = index;
    }
    member.sweepIndex = -1;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #run(): void {
    this.#tick++;
    // From the end, because whoever expires usually removes itself and the last one takes its place.
    for (let i = this.#members.length - 1; i >= 0; i--) {
      const member = this.#members[i];
      if (member !== undefined && member.deadline !== 0 && member.deadline <= this.#tick) member.expire();
    }
    if (this.#members.length === 0) this.close();
  }
}
