import { isDeepStrictEqual } from 'node:util';
import { leadingPart, type PartSettings } from '../../domain/compose/part.ts';
import type { InstanceUrl } from '../../domain/instance-url.ts';
import type { Route, TargetSettings } from '../../domain/settings.ts';
import type { Answer, EventSink, InstancePort, StackPort, TargetConnection, TargetPort } from '../../ports.ts';
import { type Composed, Composing } from './composing.ts';
import { Part, type PartMeter } from './part.ts';

/** A route that has parts in the place of a service. */
export interface ComposedRoute extends Pick<Route, 'id' | 'fingerprint'> {
  readonly compose: readonly PartSettings[];
}

export interface CompositionParts {
  /** By name; every part's is there. */
  readonly services: ReadonlyMap<string, TargetPort>;
  /** `null`: nobody counts what becomes of parts. */
  readonly meter: PartMeter | null;
  /** `null`: nobody hears of parts that fail. */
  readonly events: EventSink | null;
}

/**
 * A target that answers by asking several services at once. Whoever asks it finds one instance, always ready; retries,
 * circuits, bulkheads and balancing are those of the parts' services, part by part.
 */
export class Composition implements TargetPort, InstancePort, Composed {
  readonly name: string;
  readonly settings: TargetSettings;
  readonly instances = 1;
  readonly url: InstanceUrl;
  readonly parts: readonly Part[];
  readonly events: EventSink | null;
  readonly leading: number;
  readonly #route: ComposedRoute;

  constructor(route: ComposedRoute, { services, meter, events }: CompositionParts) {
    this.name = route.id;
    this.url = { secure: false, hostname: route.id, port: 0, authority: route.id, basePath: '' };
    this.settings = { ...plain, name: route.id };
    this.events = events;
    this.leading = leadingPart(route.compose);
    this.#route = route;
    this.parts = route.compose.map((part) => new Part(part, route, services.get(part.service)!, meter));
  }

  pick(): InstancePort {
    return this;
  }

  stack(): StackPort {
    return bare;
  }

  open(answer: Answer): TargetConnection {
    return new Composing(this, answer);
  }

  /** Whether it would be the same by these settings, its services included. */
  is({ fingerprint, compose }: ComposedRoute, services: ReadonlyMap<string, TargetPort>): boolean {
    return (
      this.#route.fingerprint === fingerprint &&
      isDeepStrictEqual(this.#route.compose, compose) &&
      this.parts.every(({ service }) => services.get(service.name) === service)
    );
  }

  stay(): this {
    for (const part of this.parts) part.stay();
    return this;
  }
}

/** Nothing stands before a composition as a whole: see {@link Part}. */
const bare: StackPort = { turn: () => null };

/** What is said of a service is said of the parts' services: here everything is off. */
const plain: Omit<TargetSettings, 'name'> = {
  urls: [],
  discovery: { kind: 'static' },
  balance: 'round-robin',
  slowStart: 0,
  health: null,
  ejection: null,
  timeout: { connect: 0, response: 0, idle: 0, total: 0 },
  retry: null,
  circuit: null,
  bulkhead: null,
  host: 'preserve',
  via: false,
  tls: { ca: null, servername: null, verify: true },
  writes: 'shared',
};
