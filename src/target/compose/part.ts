import { type PartSettings, partId } from '../../domain/compose/part.ts';
import { PartTarget } from '../../domain/compose/part-target.ts';
import type { Route } from '../../domain/settings.ts';
import type { Meter, StackPort, TargetPort } from '../../ports.ts';

/** Counts what parts come to; a part's series is named by its route and its own name. */
export type PartMeter = Pick<Meter, 'slot' | 'started' | 'finished'>;

/** A part of one route, ready to be asked for. */
export class Part {
  readonly settings: PartSettings;
  readonly route: string;
  readonly service: TargetPort;
  readonly target: PartTarget;
  readonly meter: PartMeter | null;
  readonly slot: number;
  readonly #stackKey: Pick<Route, 'id' | 'fingerprint'>;
  #stack: StackPort;

  constructor(
    settings: PartSettings,
    { id, fingerprint }: Pick<Route, 'id' | 'fingerprint'>,
    service: TargetPort,
    meter: PartMeter | null,
  ) {
    this.settings = settings;
    this.route = id;
    this.service = service;
    this.target = new PartTarget(settings);
    this.meter = meter;
    this.slot = meter?.slot(id, settings.name) ?? 0;
    this.#stackKey = { id: partId(id, settings.name), fingerprint };
    this.#stack = service.stack(this.#stackKey);
  }

  get stack(): StackPort {
    return this.#stack;
  }

  /** The settings that follow have it too: its circuit goes on. */
  stay(): void {
    this.#stack = this.service.stack(this.#stackKey);
  }
}
