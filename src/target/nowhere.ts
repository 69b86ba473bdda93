import type { InstanceUrl } from '../domain/instance-url.ts';
import type { Answer, InstancePort, TargetConnection } from '../ports.ts';

/** Stands for the instance of a target of which none is known yet: nobody can be reached there. */
export class Nowhere implements InstancePort {
  readonly url: InstanceUrl = { secure: false, hostname: '', port: 0, authority: '', basePath: '' };

  open(answer: Answer): TargetConnection {
    return new NoConnection(answer);
  }
}

class NoConnection implements TargetConnection {
  readonly ready = false;
  readonly reused = false;
  readonly responseBegan = false;
  #answer: Answer | null;

  constructor(answer: Answer) {
    this.#answer = answer;
    // Whoever asks does not know this connection yet.
    process.nextTick(() => this.#answer?.onFailure('target-unreachable', 'no instance of it is known'));
  }

  send(): void {}
  cork(): void {}
  uncork(): void {}
  write(): boolean {
    return true;
  }
  endRequest(): void {}
  pause(): void {}
  resume(): void {}
  blame(): void {}
  ignore(): void {}
  endTunnel(): void {}
  abandon(): void {
    this.#answer = null;
  }
}
