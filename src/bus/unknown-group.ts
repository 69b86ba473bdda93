import { BusError } from '../domain/bus-error.ts';
import type { GroupStanding } from '../ports.ts';

export function unknownGroup(group: string, known: readonly GroupStanding[]): BusError {
  const names = known.map((each) => each.group).join(', ');
  const there = names === '' ? 'no group has consumed yet' : `there are ${names}`;
  return new BusError('unknown', `no group is called ${JSON.stringify(group)}: ${there}`);
}
