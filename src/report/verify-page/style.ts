import { PALETTE, variables } from "./palette.js";

/** Nothing in it comes from a report. */
export const STYLE = `
:root { color-scheme: light dark; ${variables(PALETTE.light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(PALETTE.dark)} } }
@media print { :root { color-scheme: light; ${variables(PALETTE.light)} } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; } h2 { margin: 2.25rem 0 .5rem; font-size: 1.2rem; } h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
p { margin: .5rem 0; max-width: 46rem; } a { color: var(--link); } code { font: .875em ui-monospace, monospace; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--ground); padding: .5rem; z-index: 2; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.verdict { margin: 1rem 0; padding: .75rem 1rem; border: 1px solid var(--rule); border-left: .4rem solid currentColor; border-radius: .5rem; font-size: 1.1rem; font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .soft { color: var(--soft); }
.scroll { overflow-x: auto; margin: .75rem 0; } .scroll:focus-visible { outline-offset: -3px; }
table { border-collapse: collapse; width: 100%; overflow-wrap: normal; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: .25rem 0; font-size: .9rem; }
th, td { text-align: left; font-weight: 400; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
thead th { font-weight: 600; vertical-align: bottom; } th[scope=row] { min-width: 9rem; } th.n, td.n { text-align: right; white-space: nowrap; }
tr.group th { padding-top: .9rem; color: var(--soft); font-weight: 600; font-size: .85rem; letter-spacing: .03em; }
.range { display: block; color: var(--soft); font-size: .8rem; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-weight: 600; } svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); } .grid { stroke: var(--rule); } .line { fill: none; stroke-width: 2.25; }
.line.before { stroke: var(--before); stroke-dasharray: 6 4; } .line.after { stroke: var(--after); } text.before { fill: var(--before); font-weight: 600; } text.after { fill: var(--after); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: .5rem 0; padding: 0; } .legend li { display: inline-flex; align-items: center; gap: .4rem; }
.swatch { width: .9rem; height: .9rem; border-radius: .15rem; flex: none; print-color-adjust: exact; -webkit-print-color-adjust: exact; } .swatch.wait { height: .25rem; }
.swatch.before { background: repeating-linear-gradient(90deg, var(--before) 0 5px, transparent 5px 8px); height: .25rem; width: 1.4rem; } .swatch.after { background: var(--after); height: .25rem; width: 1.4rem; }
.bar { display: flex; height: 1.1rem; margin: .25rem 0; border: 1px solid var(--rule); border-radius: .25rem; overflow: hidden; } .bar i { display: block; border-right: 1px solid var(--ground); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.controls { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .5rem 0; }
button, select { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--soft); border-radius: .35rem; min-height: 2.25rem; min-width: 2.25rem; padding: 0 .7rem; }
#timeline canvas { display: block; width: 100%; border: 1px solid var(--rule); border-radius: .35rem; touch-action: pan-y; cursor: grab; } #timeline canvas:active { cursor: grabbing; }
#told { display: block; min-height: 3rem; }
thead th.label { white-space: normal; max-width: 9rem; overflow-wrap: anywhere; }
td.heat { border-bottom-color: var(--ground); background: color-mix(in srgb, var(--bad) calc(var(--heat) * 60%), transparent); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .75rem 0; } dt { color: var(--soft); } dd { margin: 0; }
summary { cursor: pointer; padding: .25rem 0; } pre { white-space: pre-wrap; font: .875rem/1.5 ui-monospace, monospace; margin: .5rem 0; }
@media screen and (max-width: 40rem) { .stacks thead { position: absolute; left: -99rem; } .stacks, .stacks tbody, .stacks tr, .stacks caption { display: block; } .stacks tr { padding: .5rem 0; border-bottom: 1px solid var(--rule); } .stacks tr.group { border: 0; padding: .75rem 0 0; }
  .stacks th, .stacks td { display: flex; justify-content: space-between; flex-wrap: wrap; gap: 0 1rem; border: 0; padding: .1rem 0; text-align: left; white-space: normal; } .stacks th[scope=row] { font-weight: 600; } .stacks td::before { content: attr(data-label); color: var(--soft); } .stacks .empty { display: none; } .stacks .range { flex-basis: 100%; text-align: right; } }
@media print, (min-width: 40.01rem) { td.n + td:not(.n), th.n + th:not(.n) { padding-left: .75rem; } }
@media (max-width: 30rem) { body { padding: .7rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } th, td { padding-right: .6rem; } th[scope=row] { min-width: 6rem; max-width: 9rem; overflow-wrap: anywhere; } table { font-size: .9rem; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } .controls, .skip, #told, .screen { display: none; } figure, tr, .verdict { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; } #timeline canvas { border: 0; } }
`;
