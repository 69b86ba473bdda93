export const style = `:root {
  --paper: #faf7f2;
  --card: #fff;
  --ink: #2f2a26;
  --quiet: #7a6f66;
  --line: #e6ddd2;
  --accent: #9a5b2f;
  color-scheme: light;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
a:hover { color: var(--accent); }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 2rem; padding-block: 1rem; border-bottom: 1px solid var(--line); }
header nav { display: flex; align-items: center; gap: 1.5rem; }
header nav a, .brand { text-decoration: none; }
.brand { display: flex; align-items: center; gap: .6rem; font: 600 1.2rem/1 Georgia, serif; }
.count { padding: 0 .45rem; border-radius: 1rem; background: var(--accent); color: #fff; font-size: .8rem; }
main { min-height: 60vh; padding-block: 1.5rem 3rem; }
h1, h2 { font-family: Georgia, serif; font-weight: 600; line-height: 1.2; }
h1 { margin: .5rem 0 1rem; font-size: 2rem; }
h2 { margin: 2.5rem 0 1rem; font-size: 1.35rem; }
.quiet, footer { color: var(--quiet); }
footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 2rem; padding-block: 1rem 2rem; border-top: 1px solid var(--line); font-size: .8rem; }
.notice { margin: 0 0 1.5rem; padding: .6rem 1rem; border-left: 3px solid var(--accent); background: var(--card); }
.hero { padding: 2rem 0 .5rem; }
.hero h1 { font-size: 2.75rem; margin-bottom: .25rem; }
.hero p { margin: 0; font-size: 1.15rem; }
.hero .ticker { margin-top: 1rem; color: var(--quiet); font-size: .9rem; font-variant-numeric: tabular-nums; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(13.5rem, 44%), 1fr)); gap: 1.25rem; margin: 0; padding: 0; list-style: none; }
.grid a { display: grid; grid-template: auto 1fr / 1fr auto; height: 100%; gap: 0 .75rem; padding-bottom: .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); overflow: hidden; text-decoration: none; }
.grid a:hover { border-color: var(--accent); }
.grid img { grid-column: 1 / -1; width: 100%; height: auto; margin-bottom: .6rem; }
.grid span { padding-left: .9rem; }
.grid b { padding-right: .9rem; font-weight: 600; white-space: nowrap; }
.tools { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .75rem; margin-bottom: 1.25rem; }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem; }
.tabs a { padding: .25rem .75rem; border-radius: 1rem; text-decoration: none; }
.tabs .here { background: var(--accent); color: #fff; }
.product { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 2rem; }
.product img { width: 100%; height: auto; border-radius: 8px; }
.price { font-size: 1.35rem; font-weight: 600; }
.tag { display: inline-block; padding: .05rem .6rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .85rem; }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th, td { padding: .55rem .9rem; border-top: 1px solid var(--line); text-align: left; }
thead th { border-top: 0; color: var(--quiet); font-size: .85rem; font-weight: 500; }
.number { text-align: right; }
.status { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; background: #e9e3da; font-size: .85rem; }
.status.paid { background: #dbe7f3; }
.status.shipped, .status.delivered { background: #dcebd9; }
.status.cancelled { background: #f3dcd8; }
form { margin: 0; }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; margin-top: 1rem; }
.end { justify-content: flex-end; }
.stack { display: grid; gap: 1rem; max-width: 22rem; }
.stack label { display: grid; gap: .25rem; }
.stack button { justify-self: start; }
input { padding: .45rem .7rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: inherit; font: inherit; }
input[type=file] { padding: .3rem; }
::file-selector-button { margin-right: .7rem; padding: .25rem .7rem; border: 1px solid var(--line); border-radius: 4px; background: var(--paper); color: inherit; font: inherit; }
input[type=number] { width: 5rem; }
button { padding: .5rem 1.1rem; border: 1px solid var(--accent); border-radius: 6px; background: var(--accent); color: #fff; font: inherit; cursor: pointer; }
button.plain { background: none; color: var(--accent); }
button.link { padding: 0; border: 0; background: none; color: var(--quiet); text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: 3px; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.files { padding-left: 1.2rem; }
@media (max-width: 34rem) {
  .grid a { grid-template: auto 1fr auto / 1fr; }
  .grid span { padding-right: .9rem; }
  .grid b { padding-left: .9rem; }
}
`;
