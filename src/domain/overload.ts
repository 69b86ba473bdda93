/** Whether the event loop keeps up, judged by how late its timers are. */
export interface Pace {
  /** Looks in a row that were too late. */
  readonly late: number;
  readonly behind: boolean;
}

export const onTime: Pace = { late: 0, behind: false };

/**
 * Two late looks in a row are a loop that can't keep up. A single one may be a process that was stopped for a while,
 * or a file that was read, and whoever asks right after it can be served. It has caught up when it is less than half
 * as late.
 *
 * @param late ms by which the latest look came too late.
 * @param limit ms; 0 is off.
 */
export function paceAfter(pace: Pace, late: number, limit: number): Pace {
  if (limit === 0) return onTime;
  if (late > limit) return { late: pace.late + 1, behind: pace.behind || pace.late >= 1 };
  return { late: 0, behind: pace.behind && late > limit / 2 };
}
