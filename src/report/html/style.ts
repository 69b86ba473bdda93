/** Two sets of colours, each with a contrast of at least 4.5 for text and 3 for shapes; no font is loaded. */
export const css = `
:root {
  --ground: #f6f5f2; --card: #ffffff; --ink: #1d2327; --quiet: #5a646b; --line: #dcdad4; --code: #f3f1ec;
  --ready: #1a6b3c; --ready-ground: #e1f3e7; --stop: #a3231f; --stop-ground: #fbe6e4; --wait: #7a5200; --wait-ground: #fbf0d5;
  --legacy: #35608f; --service: #a3480a; --matched: #2f8f5b; --differed: #c9403a; --failed: #7d3c98;
  --skipped-0: #8b949b; --skipped-1: #a9b0b5; --skipped-2: #c6cbce;
  --out-ground: #fdeceb; --in-ground: #e6f5ec; --allowed-ground: #f7f1e0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181b; --card: #1c2226; --ink: #e7eaec; --quiet: #a3adb4; --line: #333c42; --code: #252c31;
    --ready: #7fd6a0; --ready-ground: #17372a; --stop: #ff9c95; --stop-ground: #452020; --wait: #f0c465; --wait-ground: #3d3113;
    --legacy: #7fb0e6; --service: #f0a05a; --matched: #4caf7d; --differed: #f0716a; --failed: #c58be0;
    --skipped-0: #7d878e; --skipped-1: #646d73; --skipped-2: #4e565b;
    --out-ground: #41201f; --in-ground: #17352a; --allowed-ground: #373019;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; padding-bottom: 1rem; }
footer { padding-bottom: 3rem; }
.eyebrow { margin: 0; color: var(--quiet); font-size: .8125rem; letter-spacing: .04em; }
h1 { margin: .25rem 0 .5rem; font-size: clamp(1.75rem, 5vw, 2.5rem); line-height: 1.15; letter-spacing: -.02em; }
h2 { margin: 0; font-size: 1.375rem; line-height: 1.25; letter-spacing: -.01em; overflow-wrap: anywhere; }
h3 { margin: 2rem 0 .625rem; font-size: 1rem; }
h2 .quiet { font-weight: 400; }
p { margin: .5rem 0; }
a { color: inherit; text-underline-offset: .2em; }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--legacy); outline-offset: 2px; }
.quiet { color: var(--quiet); }
code { font: .875em/1.5 ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'Liberation Mono', monospace; overflow-wrap: anywhere; unicode-bidi: isolate; }
time { white-space: nowrap; }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .75rem; text-align: left; border-bottom: 1px solid var(--line); font-weight: 400; vertical-align: top; }
thead th { color: var(--quiet); font-size: .8125rem; }
tbody tr:last-child > * { border-bottom: 0; }
.n { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
nav, .route { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; margin: 1rem 0; }
nav { padding: .25rem .5rem; }
.overview tbody th { font-weight: 600; }
.route { padding: 1.5rem; scroll-margin-top: 1rem; }
.title { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; }
.badge { display: inline-block; padding: .125rem .75rem; border-radius: 1rem; font-size: .875rem; font-weight: 600; white-space: nowrap; }
.badge.ready { color: var(--ready); background: var(--ready-ground); }
.badge.not-ready { color: var(--stop); background: var(--stop-ground); }
.badge.too-little { color: var(--wait); background: var(--wait-ground); }
.summary { margin-top: .75rem; font-size: 1.125rem; }
.warnings { list-style: none; margin: 1rem 0; padding: .5rem 1rem; color: var(--wait); background: var(--wait-ground); border-radius: .5rem; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; margin: 1.25rem 0; padding: 1rem 0; border: solid var(--line); border-width: 1px 0; }
.facts dt { color: var(--quiet); font-size: .8125rem; }
.facts dd { margin: 0; }
.facts dd .quiet { font-size: .875rem; }
.facts strong { display: block; font-size: 1.5rem; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; }
.bar { display: flex; height: 1.25rem; gap: 2px; border-radius: .375rem; overflow: hidden; }
.bar span { flex-basis: 0; min-width: 3px; }
.matched { background: var(--matched); } .differed { background: var(--differed); } .failed { background: var(--failed); }
.skipped-0 { background: var(--skipped-0); } .skipped-1 { background: var(--skipped-1); } .skipped-2 { background: var(--skipped-2); }
.swatch.legacy { background: var(--legacy); } .swatch.service { background: var(--service); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .625rem 0; padding: 0; list-style: none; font-size: .875rem; font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: .75em; height: .75em; margin-right: .5em; border-radius: .2em; }
.plain { margin: .5rem 0; padding-left: 1.25rem; overflow-wrap: anywhere; }
.clusters { border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
.cluster + .cluster { border-top: 1px solid var(--line); }
summary { cursor: pointer; }
.cluster > summary { display: grid; grid-template-columns: 1rem 6rem 4.5rem 1fr auto auto; gap: .75rem; align-items: center; padding: .625rem .875rem; list-style: none; }
.cluster > summary::-webkit-details-marker { display: none; }
.cluster > summary::before { content: '›'; color: var(--quiet); font-size: 1.25rem; line-height: 1; transition: rotate .1s; }
[open].cluster > summary::before { rotate: 90deg; }
.cluster > summary:hover { background: var(--code); }
.share { position: relative; padding: 0 .375rem 2px; border-radius: .25rem; background: var(--code); overflow: hidden; font-variant-numeric: tabular-nums; text-align: right; }
.share strong { position: relative; }
.measure { position: absolute; inset: auto auto 0 0; height: 3px; background: var(--differed); }
.cluster:not(.counts) .measure { background: var(--skipped-0); }
.cluster:not(.counts) .pattern { color: var(--quiet); }
.kind, .count { font-size: .875rem; }
.pattern { font-weight: 600; }
.standing { padding: 0 .5rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--quiet); font-size: .8125rem; }
.inside { padding: 0 .875rem .875rem; }
.values { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; }
.side { font-size: .8125rem; font-weight: 600; }
.side.legacy { color: var(--legacy); } .side.service { color: var(--service); }
.example { margin: 1rem 0 0; }
.example figcaption { margin-bottom: .375rem; }
.example figcaption .quiet, .inside > .quiet { font-size: .875rem; }
.diff { table-layout: fixed; border: 1px solid var(--line); border-radius: .5rem; border-collapse: separate; border-spacing: 0; overflow: hidden; background: var(--card); }
.diff th, .diff td { padding: 0 .5rem 0 0; border: 0; width: 50%; }
.diff th { padding: .25rem .75rem; border-bottom: 1px solid var(--line); }
.diff th + th, .diff td + td { border-left: 1px solid var(--line); }
.diff td { position: relative; padding-left: 1.75rem; }
.diff code { font-size: .8125rem; white-space: pre-wrap; }
.diff bdi { unicode-bidi: isolate; direction: ltr; }
.sign { position: absolute; left: .5rem; color: var(--quiet); font-weight: 600; }
td.legacy .sign { color: var(--legacy); } td.service .sign { color: var(--service); }
.key .sign { position: static; }
.diff tr:first-child td { padding-top: .375rem; } .diff tr:last-child td { padding-bottom: .375rem; }
.differs .legacy { background: var(--out-ground); } .differs .service { background: var(--in-ground); }
.differs .none, .allowed .none { background: repeating-linear-gradient(135deg, transparent 0 5px, var(--code) 5px 10px); }
.differs code { font-weight: 600; }
.allowed td { background: var(--allowed-ground); }
.fold td { padding: .125rem .75rem; color: var(--quiet); background: var(--code); font-size: .8125rem; }
.key { font-size: .8125rem; }
.request { margin-top: .5rem; font-size: .875rem; } .request summary { color: var(--quiet); }
.request ol { margin: .5rem 0 0; padding: .5rem .75rem; list-style: none; background: var(--code); border-radius: .5rem; }
.request code { font-size: .8125rem; white-space: pre-wrap; } .request bdi { unicode-bidi: isolate; direction: ltr; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 0 2.5rem; }
.plot { margin: 0; min-width: 0; }
.plot figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem; }
.plot h3 { margin-bottom: 0; }
.canvas { position: relative; height: 11rem; border-bottom: 1px solid var(--quiet); }
.canvas svg { display: block; width: 100%; height: 100%; }
.canvas.scaled { height: 8rem; padding-left: 3rem; border: 0; }
.canvas.volumes { height: 3rem; margin-top: .375rem; padding-left: 3rem; border: 0; }
.scale { position: absolute; left: 0; top: 0; width: 2.5rem; color: var(--quiet); font-size: .75rem; line-height: 1; text-align: right; font-variant-numeric: tabular-nums; }
.scale.low { top: auto; bottom: 0; }
path { stroke-width: 2px; vector-effect: non-scaling-stroke; fill-opacity: .18; }
path.legacy { stroke: var(--legacy); fill: var(--legacy); }
path.service { stroke: var(--service); fill: var(--service); }
rect { shape-rendering: crispEdges; }
rect.lost { fill: var(--differed); } rect.kept { fill: var(--matched); } rect.volume { fill: var(--skipped-0); }
.ticks { position: relative; height: 1.5rem; color: var(--quiet); font-size: .75rem; }
.ticks span { position: absolute; top: .25rem; translate: -50%; white-space: nowrap; }
.ticks span::before { content: ''; position: absolute; left: 50%; top: -.25rem; height: .25rem; border-left: 1px solid var(--quiet); }
.ticks.ends { display: flex; justify-content: space-between; padding: .25rem 0 0 3rem; }
.ticks.ends span { position: static; translate: none; }
.ticks.ends span::before { content: none; }
.small { font-size: .875rem; } .small th, .small td { padding: .25rem .5rem; }
@media (max-width: 44rem) {
  header, main, footer { padding-left: .75rem; padding-right: .75rem; }
  .route { padding: 1rem; }
  nav { padding: .25rem; }
  .overview th, .overview td { padding: .5rem; }
  .overview .quiet, .overview .less { display: none; }
  .facts { grid-template-columns: 1fr 1fr; }
  .cluster > summary { grid-template-columns: 1rem 4.5rem 1fr auto; gap: .5rem; }
  .count { white-space: nowrap; }
  .pattern { grid-column: 2 / -1; grid-row: 2; }
  .count { text-align: right; grid-column: 4; grid-row: 1; }
  .standing { grid-column: 2; justify-self: start; }
  .diff, .diff tbody { display: block; }
  .diff thead { display: block; border-bottom: 1px solid var(--line); }
  .diff thead tr { display: flex; }
  .diff th, .diff th + th { width: auto; border: 0; }
  .diff th .legacy::before { content: '− '; } .diff th .service::before { content: '+ '; }
  .diff tr { display: block; }
  .diff td, .diff td + td { display: block; width: auto; border-left: 0; }
  .diff .same .service, .diff .none { display: none; }
}
@media print {
  body { background: none; } .route, nav { break-inside: auto; border: 0; padding: 0; }
}
@media (prefers-reduced-motion: reduce) { .cluster > summary::before { transition: none; } }
`;
