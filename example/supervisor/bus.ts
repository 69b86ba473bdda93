import { loadSettings } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { type Ports, portNames, portVariables } from './members.ts';

/** Where routes.yaml says that events go, as the services take it; `problems` where that can't be said. */
export async function busOf(
  routes: string,
  ports: Ports,
): Promise<{ readonly bus: string } | { readonly problems: readonly string[] }> {
  const given = Object.fromEntries(portNames.map((name) => [portVariables[name], String(ports[name])]));
  const loaded = await loadSettings(routes, { ...process.env, ...given });
  if (!loaded.ok) return { problems: loaded.problems.map((problem) => formatProblem(problem)) };
  const { bus } = loaded.settings.events;
  switch (bus.kind) {
    case 'memory':
      // The proxy's own memory: nobody else can look into it.
      return { bus: '' };
    case 'sqlite':
      return { bus: `sqlite:${bus.path}` };
    case 'redis':
      return { bus: bus.url };
    case 'kafka':
      return { bus: `kafka://${bus.brokers.join(',')}` };
  }
}
