/** Fixed parts of the HTML report. Nothing in them comes from a scan. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --raised: #f6f7f9; --ink: #1b1f24; --soft: #57606a; --rule: #d5d9df; --link: #0a58ca; --mark: #fff3c9;
  --p0: #b3261e; --p1: #8a5300; --p2: #0b5cad; --p3: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171b; --raised: #1d2127; --ink: #e6e8eb; --soft: #a3abb5; --rule: #363c44; --link: #7cb3ff; --mark: #453a12;
  --p0: #ff8a80; --p1: #ffb951; --p2: #8ec2ff; --p3: #a3abb5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; } h2 { margin: 0; font-size: 1.1rem; } h3 { margin: .75rem 0 .25rem; font-size: 1rem; }
a { color: var(--link); } code, pre { font: .875rem/1.5 ui-monospace, monospace; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--ground); padding: .5rem; z-index: 2; }
.facts, .place span, .number { color: var(--soft); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
form { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; margin: 1rem 0; padding: .75rem; background: var(--raised); border: 1px solid var(--rule); border-radius: .5rem; }
fieldset { display: flex; flex-wrap: wrap; gap: .5rem; border: 0; margin: 0; padding: 0; } legend { float: left; padding: 0; margin-right: .5rem; }
.chip { display: inline-flex; gap: .35rem; align-items: center; min-height: 2rem; padding: 0 .6rem; border: 1px solid var(--rule); border-radius: 1rem; font-weight: 600; }
.chip span { font-weight: 400; color: var(--soft); }
.field { overflow-wrap: normal; display: inline-flex; gap: .5rem; align-items: center; max-width: 100%; }
select, input[type=search] { min-width: 0; max-width: 100%; min-height: 2rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--soft); border-radius: .3rem; padding: 0 .4rem; }
output { margin-left: auto; color: var(--soft); }
article { margin: 1rem 0; padding: 1rem; border: 1px solid var(--rule); border-left: .3rem solid var(--soft); border-radius: .5rem; }
article[data-priority=P0] { border-left-color: var(--p0); } article[data-priority=P1] { border-left-color: var(--p1); } article[data-priority=P2] { border-left-color: var(--p2); }
article:target { background: var(--raised); }
[hidden] { display: none !important; }
.badge { padding: .05rem .45rem; border: 1px solid currentColor; border-radius: .3rem; font-size: .85rem; }
.P0 { color: var(--p0); } .P1 { color: var(--p1); } .P2 { color: var(--p2); } .P3 { color: var(--p3); }
article p { margin: .5rem 0; } ol, ul { margin: .25rem 0; padding-left: 1.5rem; } .none { padding: 2rem 0; text-align: center; }
pre { margin: .75rem 0; padding: .5rem 0; overflow-x: auto; background: var(--raised); border: 1px solid var(--rule); border-radius: .3rem; overflow-wrap: normal; }
pre code { display: inline-block; min-width: 100%; } .line { display: block; padding-right: 1rem; } .marked { background: var(--mark); }
.number { display: inline-block; width: 3.5rem; padding-right: 1rem; text-align: right; user-select: none; }
summary { cursor: pointer; }
@media (max-width: 30rem) { body { padding: .6rem; } article { padding: .7rem; } .number { width: 2.6rem; padding-right: .6rem; } output { margin-left: 0; width: 100%; } }
@media print { body { max-width: none; } form, .skip { display: none; } article { break-inside: avoid; } pre { white-space: pre-wrap; } details > * { display: block; } }
`;

export const PAGE_SCRIPT = `
const form = document.getElementById("filters");
if (form) {
  const cards = [...document.querySelectorAll("article")];
  const apply = () => {
    const priorities = new Set([...form.querySelectorAll("[name=priority]:checked")].map((box) => box.value));
    const rule = form.elements.rule.value;
    const text = form.elements.text.value.trim().toLowerCase();
    let shown = 0;
    for (const card of cards) {
      card.hidden = !priorities.has(card.dataset.priority) || (rule !== "" && card.dataset.rule !== rule) || !card.dataset.text.includes(text);
      if (!card.hidden) shown++;
    }
    document.getElementById("shown").textContent = shown === 1 ? "1 finding shown" : shown + " findings shown";
    document.getElementById("nothing").hidden = shown > 0;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("keydown", (event) => {
    if (event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); form.elements.text.focus(); return; }
    if (event.key !== "j" && event.key !== "k") return;
    const links = cards.filter((card) => !card.hidden).map((card) => card.querySelector(".place a"));
    const at = links.findIndex((link) => link.closest("article").contains(document.activeElement));
    const next = links[Math.max(0, Math.min(links.length - 1, event.key === "j" ? at + 1 : at - 1))];
    if (next) { next.focus(); next.scrollIntoView({ block: "center" }); }
  });
  addEventListener("beforeprint", () => { for (const details of document.querySelectorAll("details")) details.open = true; });
  apply();
}
`;
