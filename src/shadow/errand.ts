import type { Route } from '../domain/settings.ts';
import type { Mirrored } from '../ports.ts';
import type { Honour } from './honour.ts';
import { type Lookout, lookFrom } from './look.ts';
import type { Look } from './pair.ts';
import type { ShadowedTarget } from './shadowed-target.ts';
import type { Works } from './works.ts';

/** What every request of a lane is shadowed with. */
export interface Sides {
  readonly route: Route;
  readonly legacy: ShadowedTarget;
  readonly service: ShadowedTarget;
  readonly servicePath: Lookout['servicePath'];
}

/** What is to be done for a request besides answering it. */
export interface Errand extends Sides {
  /** Who is asked for the other answer; `null`: nobody, as in a calibration or before a readback. */
  readonly asks: ShadowedTarget | null;
  /** The copy of a write follows it, and only if it succeeded. */
  readonly afterPrimary: boolean;
  /** Of `writes: header`. */
  readonly honour: Honour | null;
  /** Whether legacy is asked a second time. */
  readonly again: boolean;
  /** What is no shadow, such as a calibration, is not counted among them. */
  readonly counted: boolean;
  readonly look: 'second' | 'readback' | null;
}

/** The errands of one lane, made once: a request only chooses one. */
export interface Errands {
  /** The service is asked what legacy answers, or the other way round. */
  readonly besideLegacy: Errand;
  readonly besideService: Errand;
  readonly besideLegacyTwice: Errand;
  readonly besideServiceTwice: Errand;
  readonly calibration: Errand;
  /** `null`: writes are not shadowed. */
  readonly write: Errand | null;
}

/** @param writesTo who gets the copies of writes; `null` where nobody does. */
export function errandsFor(sides: Sides, writesTo: ShadowedTarget | null, honour: Honour | null): Errands {
  const { shadow } = sides.route;
  const idle: Errand = {
    ...sides,
    asks: null,
    afterPrimary: false,
    honour: null,
    again: false,
    counted: true,
    look: shadow.confirm > 0 ? 'second' : null,
  };
  const besideLegacy: Errand = { ...idle, asks: sides.service };
  const besideService: Errand = { ...idle, asks: sides.legacy };
  return {
    besideLegacy,
    besideService,
    besideLegacyTwice: { ...besideLegacy, again: true },
    besideServiceTwice: { ...besideService, again: true },
    calibration: { ...idle, again: true, counted: false, look: null },
    write:
      shadow.writes.mode === 'readback'
        ? { ...idle, look: 'readback' }
        : writesTo === null
          ? null
          : { ...idle, asks: writesTo, afterPrimary: true, honour, look: null },
  };
}

/** How both sides of a request can be asked again; `null` where they are not to be. */
export function lookOf(works: Works, errand: Errand, request: Mirrored, fields: string): Look | null {
  const { look, legacy, service, servicePath, route } = errand;
  if (look === null || (look === 'second' && (request.method !== 'GET' || request.hasBody))) return null;
  const { timeout, body: keep } = route.shadow;
  return lookFrom({ works, request, legacy, service, fields, timeout, keep, servicePath });
}
