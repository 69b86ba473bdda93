/** The states of a saga; all but the two ends wait for an answer to the command that they were entered with. */
export const sagaStates = [
  'reserving',
  'charging',
  'confirming',
  'confirmed',
  'refunding',
  'releasing',
  'compensated',
] as const;
export type SagaState = (typeof sagaStates)[number];

export type Command =
  | 'inventory.reserve'
  | 'inventory.commit'
  | 'inventory.release'
  | 'payment.charge'
  | 'payment.refund';

export function commandOf(state: SagaState): Command | null {
  switch (state) {
    case 'reserving':
      return 'inventory.reserve';
    case 'charging':
      return 'payment.charge';
    case 'confirming':
      return 'inventory.commit';
    case 'refunding':
      return 'payment.refund';
    case 'releasing':
      return 'inventory.release';
    case 'confirmed':
    case 'compensated':
      return null;
  }
}

export const hasEnded = (state: SagaState): boolean => commandOf(state) === null;

/** ms that a step may take; one that is asked for again gets twice as long each time, at most a minute. */
export const patienceOf = (stepTimeout: number, tries: number): number =>
  Math.min(stepTimeout * 2 ** Math.max(0, tries - 1), 60_000);
