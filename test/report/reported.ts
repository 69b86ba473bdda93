import type { RouteEvidence } from '../../src/domain/evidence.ts';
import { reportOf } from '../../src/domain/report.ts';
import { type Demand, type Report, usualDemand } from '../../src/domain/report-model.ts';
import { dawn } from './an-evidence.ts';

/** A report of everything in the evidence, at ten o'clock. */
export function reported(evidence: readonly RouteEvidence[], demand: Demand = usualDemand): Report {
  const routes = evidence.map(({ route, service }) => ({ route, service, fingerprint: null }));
  return reportOf({ routes, evidence, at: dawn + 3_600_000, since: null, demand });
}

/** What somebody could send who knows that it will be shown somewhere. */
export const hostile = [
  '<script>document.title="owned"</script>',
  '"><img src=x onerror="document.title=\'owned\'">',
  "' onmouseover='document.title=1",
  '</style><style>@import url(http://127.0.0.1:9/x.css);</style>',
  '</code></td></table></details><iframe src="http://127.0.0.1:9/"></iframe>',
  '<svg onload="document.title=1"><a href="javascript:alert(1)">x</a></svg>',
  '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
  '<base href="http://127.0.0.1:9/"><link rel=stylesheet href=x.css>',
  '\u202egnp.exe\u202c \u2066hidden\u2069 \u0000\u001b[2J\u009b31m\u2028 \ud800',
  '| a | b |\n\n# heading\n`code` ``` [link](http://127.0.0.1:9/) @everyone ![x](http://127.0.0.1:9/x.png)',
  ']]><!-- --><failure/>',
  '{{7*7}} <%= 7 %>',
];
