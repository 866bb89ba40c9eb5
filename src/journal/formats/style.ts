/** The page's whole style sheet: light and dark, wide and narrow, on screen and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --ink: #1a1f26; --soft: #566070; --line: #dde1e7; --track: #e6e9ee;
  --bar: #2f6fd8; --good: #0e8a72; --plain: #7a869a; --warn: #c27a00; --bad: #c23b32; --tint: #fbeceb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151a; --card: #1b2027; --ink: #e8ebf0; --soft: #a0aaba; --line: #303844; --track: #2a313c;
    --bar: #6ea2f5; --good: #35b89b; --plain: #8a96aa; --warn: #e0a33c; --bad: #ec7168; --tint: #35201f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 2rem 1rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
main { max-width: 66rem; margin: 0 auto; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 .9rem; }
h3 { font-size: .95rem; margin: 1.1rem 0 .4rem; }
p { margin: .25rem 0; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.25rem; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; }
.tile b { display: block; font-size: 1.9rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile.bad b { color: var(--bad); }
.tile.good b { color: var(--good); }
.charts { display: grid; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.25rem; }
.row { margin-bottom: .7rem; }
.row .label { display: flex; gap: 1rem; justify-content: space-between; font-size: .9rem; }
.row .label span:first-child { overflow-wrap: anywhere; min-width: 0; }
.row .label span:last-child { color: var(--soft); white-space: nowrap; font-variant-numeric: tabular-nums; }
svg.bar { display: block; width: 100%; height: .7rem; border-radius: .2rem; overflow: hidden; margin-top: .2rem; }
svg.bar.tall { height: 1.5rem; }
svg.key { width: .8rem; height: .8rem; border-radius: .15rem; flex: none; }
.track { fill: var(--track); } .fill { fill: var(--bar); }
.s2 { fill: var(--good); } .s1, .s3 { fill: var(--plain); } .s4 { fill: var(--warn); } .s5 { fill: var(--bad); }
.fill.breach { fill: var(--bad); } .fill.allowed { fill: var(--plain); }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.1rem; margin: .8rem 0 0; padding: 0; list-style: none; font-size: .9rem; }
.legend li { display: flex; align-items: center; gap: .45rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; }
td.count, th.count { text-align: right; padding-right: 0; white-space: nowrap; width: 4.5rem; font-variant-numeric: tabular-nums; }
tr.never td { color: var(--soft); } tr.never td.count { color: var(--warn); font-weight: 600; }
code { font: .88em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; unicode-bidi: isolate; }
table.breaches { table-layout: fixed; }
.breaches th:nth-child(1) { width: 12.5rem; } .breaches th:nth-child(2) { width: 11rem; } .breaches th.count { width: 6rem; }
.kind { font-weight: 600; overflow-wrap: normal; }
details { border-top: 1px solid var(--line); padding: .7rem 0; }
details:last-of-type { padding-bottom: 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary .figure { float: right; margin-left: 1rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 0 2rem; }
@media (max-width: 46rem) {
  body { padding: 1rem .6rem 3rem; }
  .card { padding: .9rem; }
  .breaches thead { display: none; }
  .breaches tr { display: block; padding: .6rem 0; border-bottom: 1px solid var(--line); }
  table.breaches, .breaches tbody { display: block; }
  .breaches td { display: block; border: 0; padding: .1rem 0; text-align: left; }
  .breaches td.count { text-align: left; }
}
@media print { body { background: none; } .card { break-inside: avoid; } }
`
