import type { Route } from '../domain/settings.ts';
import type { Honour } from './honour.ts';
import type { Lookout } from './look.ts';
import type { ShadowedTarget } from './shadowed-target.ts';

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
