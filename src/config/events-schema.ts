import { busLocation, defaultBusLocation } from './addresses.ts';
import { choice, duration, integer, text } from './scalars.ts';
import { section } from './sections.ts';

export const events = section({
  bus: busLocation()
    .prefault(defaultBusLocation)
    .describe('Where events go: sqlite:PATH for programs on one machine, redis://, kafka://, or memory.'),
  stream: text('the name of a stream')
    .prefault('strangler.events')
    .describe('The stream, or the topic, that they are in.'),
  source: text('a URI reference').prefault('/strangler').describe('The `source` of the events that the proxy tells.'),
  keep: duration({ least: '1m' }).prefault('7d').describe('How long events are kept that have been delivered.'),
  most: integer(100, 100_000_000).prefault(1_000_000).describe('How many events are kept at most.'),
  sync: choice(['disk', 'system'])
    .prefault('disk')
    .describe('Whether what the proxy intends waits for the disk, or only for the operating system.'),
});
