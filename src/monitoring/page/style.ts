import { STYLE } from '#model/card/html/style.ts';

/** The model card's style, and what charts need. */
export const REPORT_STYLE = `${STYLE}
:root { --current: var(--metered); --expected: var(--typical); --good: #1a6b3c; --map-1: #d9e6f2; --map-2: #a9c8e6; --map-3: #6ba3d6; --map-4: #2f78ba; --map-5: #0a3f73; --shape: #3d7cb0; }
@media screen and (prefers-color-scheme: dark) {
  :root { --good: #6fce97; --map-1: #22384d; --map-2: #2d5578; --map-3: #3d7cb0; --map-4: #6aaee6; --map-5: #bfe0fb; }
}
.takeaway { font-size: 1.15rem; line-height: 1.5; }
.tiles .bad { border-top-color: var(--weak); }
.tiles .good { border-top-color: var(--good); }
.verdict { white-space: nowrap; }
.verdict.bad { color: var(--weak); font-weight: 650; }
figure { margin: .75rem 0 1.5rem; }
.middle td, .middle th { vertical-align: middle; }
.segments { table-layout: fixed; }
.segments .drawn { width: 40%; }
.segments th:first-child { width: 20%; }
.scroll .wrapped { white-space: normal; }
.scroll .names { white-space: normal; min-width: 12rem; }
.wrapped td { white-space: nowrap; }
figcaption { color: var(--quiet); font-size: .9rem; margin-top: .4rem; max-width: 44rem; }
.chart { display: block; width: 100%; height: auto; }
.chart text { fill: var(--quiet); font-size: 12px; }
.chart .name { fill: var(--ink); }
.grid { stroke: var(--line); stroke-width: 1; }
.line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.line.current { stroke: var(--current); }
.line.expected { stroke: var(--expected); stroke-dasharray: 2 5; }
.line.reference, .line.limit { stroke: var(--other); stroke-dasharray: 7 4; stroke-width: 1.5; }
.line.first, .dot.first { stroke: var(--metered); }
.line.second, .dot.second { stroke: var(--typical); }
.line.third, .dot.third { stroke: var(--good); }
.line.fourth, .dot.fourth { stroke: var(--weak); }
.line.fifth, .dot.fifth { stroke: var(--ink); }
.line.sixth, .dot.sixth { stroke: var(--other); }
.line.second { stroke-dasharray: 2 5; }
.line.third { stroke-dasharray: 10 5; }
.line.fourth { stroke-dasharray: 12 4 2 4; }
.line.fifth { stroke-dasharray: 5 4; }
.line.sixth { stroke-dasharray: 14 4 2 4 2 4; }
.band { fill: var(--rail); }
.dot { fill: var(--current); }
.dot.first, .dot.second, .dot.third, .dot.fourth, .dot.fifth, .dot.sixth { fill: var(--paper); stroke-width: 2; }
.shape { display: block; width: 9rem; height: 2.2rem; }
.shape .now { fill: var(--shape); }
.shape .before { fill: none; stroke: var(--ink); stroke-width: 1.25; vector-effect: non-scaling-stroke; }
.range { display: block; width: 9rem; height: 1rem; }
.range .rail { fill: var(--rail); }
.range .span { fill: var(--current); }
.range .limit { fill: var(--ink); }
.map { max-width: 34rem; }
.map path { fill: none; stroke: var(--line); stroke-width: .6; }
.map path[class] { stroke: var(--other); }
.map .m1, .legend .m1 { fill: var(--map-1); } .map .m2, .legend .m2 { fill: var(--map-2); } .map .m3, .legend .m3 { fill: var(--map-3); }
.map .m4, .legend .m4 { fill: var(--map-4); } .map .m5, .legend .m5 { fill: var(--map-5); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1rem; padding: 0; margin: .5rem 0; list-style: none; font-size: .85rem; }
.legend li { display: flex; align-items: center; gap: .4rem; margin: 0; }
.legend svg { width: 1rem; height: 1rem; }
.legend .sample { width: 1.9rem; }
.legend rect { stroke: var(--other); }
.beside { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.5rem; align-items: start; grid-template-rows: auto 1fr; }
.beside > :nth-child(2) { grid-row: 1 / span 2; grid-column: 2; }
.beside h3:first-child { margin-top: 0; }
details table { margin-bottom: .75rem; }
@media (max-width: 40rem) { .chart:not(.map) { min-width: 34rem; } figcaption { max-width: 100%; } .beside { display: block; } .beside h3:first-child { margin-top: 1.25rem; } .segments { table-layout: auto; } .segments .drawn { width: auto; } .segments .bar { display: none; } .shape, .range { width: 5.5rem; } }
`;
