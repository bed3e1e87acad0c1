/** The page's own style: light or dark by the reader's setting, light on paper, readable from 360 px up. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f4f6f8; --ink: #1c2430; --quiet: #56616f; --line: #d5dbe2; --rail: #e6eaee;
  --metered: #0b62a4; --typical: #b4560b; --other: #66717e; --weak: #b3261e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #12161b; --raised: #1b2129; --ink: #e7ebf0; --quiet: #a3aebb; --line: #36404c; --rail: #29313b;
    --metered: #62b0ee; --typical: #f0a25a; --other: #98a4b1; --weak: #ff8f85;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 54rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { margin: 0 0 .5rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 2.75rem 0 .75rem; font-size: 1.3rem; line-height: 1.3; }
h3 { margin: 1.75rem 0 .4rem; font-size: 1rem; }
p, li { max-width: 44rem; }
p { margin: .5rem 0; }
a { color: var(--metered); }
.quiet, small { color: var(--quiet); }
small { font-size: .82em; font-weight: 400; }
code { font: .88em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; margin: 1.5rem 0; }
.tiles > div { padding: .8rem 1rem; border-radius: .5rem; background: var(--raised); border-top: 3px solid var(--line); }
.tiles .metered { border-top-color: var(--metered); }
.tiles .typical { border-top-color: var(--typical); }
.tiles dt { font-size: .82rem; line-height: 1.35; color: var(--quiet); }
.tiles dd { margin: .25rem 0 0; font-size: 1.7rem; font-weight: 650; line-height: 1.2; white-space: nowrap; }
.tiles dd small { font-size: .9rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; line-height: 1.4; }
th, td { padding: .35rem .5rem; text-align: right; vertical-align: baseline; font-weight: 400; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--quiet); font-size: .82rem; vertical-align: bottom; border-bottom: 1px solid var(--line); }
tbody { border-bottom: 1px solid var(--line); }
tr, .groups tbody { break-inside: avoid; }
.lines tbody tr + tr { border-top: 1px solid var(--line); }
.text { text-align: left; }
tbody th { text-align: left; }
tbody th[scope="rowgroup"] { font-weight: 600; vertical-align: top; }
tbody th small { display: block; white-space: nowrap; }
.groups td, .groups th { padding-top: .12rem; padding-bottom: .12rem; }
.groups tbody tr:first-child > * { padding-top: .4rem; }
.groups tbody tr:last-child > *, .groups th[scope="rowgroup"] { padding-bottom: .4rem; }
.groups { table-layout: fixed; }
.groups th[scope="col"]:nth-child(1) { width: 20%; }
.groups th[scope="col"]:nth-child(2) { width: 12%; }
.groups .drawn { width: 35%; }
.groups tbody tr + tr th { padding-left: .5rem; }
.drawn { width: 45%; }
td.drawn { text-align: left; }
.measure { display: flex; align-items: center; gap: .6rem; justify-content: flex-end; }
.measure span { min-width: 3.1em; text-align: right; }
.groups .measure span { min-width: 4.4em; }
.bar { flex: 1; min-width: 0; height: .55rem; border-radius: 2px; }
.scale { width: 100%; max-width: 16rem; height: auto; vertical-align: middle; }
.rail { fill: var(--rail); }
.tick { fill: var(--ink); }
svg .metered { fill: var(--metered); }
svg .typical { fill: var(--typical); }
svg .other { fill: var(--other); }
.key::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .4em; border-radius: 50%; background: var(--metered); }
.key.typical::before { border-radius: 0; background: var(--typical); }
.key { white-space: nowrap; }
.weak { white-space: nowrap; color: var(--weak); font-weight: 650; }
.weak::before { content: "▲ "; font-size: .7em; }
.scroll { overflow-x: auto; }
.scroll .lines { white-space: nowrap; }
.pairs { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; margin: .5rem 0; font-size: .9rem; }
.pairs dt { color: var(--quiet); }
.pairs dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: .75rem 0; padding: .8rem 1rem; border-radius: .5rem; background: var(--raised); white-space: pre-wrap; overflow-wrap: anywhere; }
ul { margin: .5rem 0; padding-left: 1.2rem; }
li { margin: .35rem 0; }
summary { margin: 1.75rem 0 .4rem; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 2px solid var(--metered); outline-offset: 2px; }
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.6rem; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles dd { font-size: 1.4rem; }
  table { font-size: .8rem; }
  th, td { padding: .35rem .3rem; }
  thead th { font-size: .75rem; }
  .groups { table-layout: auto; font-size: .75rem; }
  .groups th:not(:first-child), .groups td { padding-left: .15rem; }
  .groups th, .groups td:not(:last-child) { padding-right: .15rem; }
  .groups .drawn, .groups th[scope="col"]:nth-child(n) { width: auto; }
  .groups .bar, .groups .key::before { display: none; }
  .groups tbody tr + tr th { padding-left: .15rem; }
  .groups .measure span { min-width: 0; }
  .pairs { grid-template-columns: 1fr; gap: 0; }
  .pairs dd { margin-bottom: .5rem; }
}
@page { size: A4; margin: 14mm; }
@media print {
  body { padding: 0; max-width: none; font-size: 10pt; }
  h2, h3, h2 + p, summary { break-after: avoid; }
  .tiles, pre, li { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
