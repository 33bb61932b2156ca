/**
 * Draws the timeline and answers to pointer, wheel and keys. It reads its data from `#data`; nothing in it comes from a
 * report. What is drawn costs no more than there are pixels: holds within one column are one bar.
 */
export const TIMELINE_SCRIPT = `
const canvas = document.getElementById("drawing");
if (canvas) {
  const data = JSON.parse(document.getElementById("data").textContent);
  const told = document.getElementById("told");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const ROW = 20, HEAD = 24, AXIS = 26, FEW_US = 200;
  let run = data.runs[0], from = 0, to = run.endUs, printing = false, chosen = null, ranked = null, rank = -1, asked = false, rows = [];

  const time = (us) => us >= 1e6 ? (us / 1e6).toFixed(us >= 1e7 ? 1 : 2) + " s" : us >= 1e3 ? (us / 1e3).toFixed(us >= 1e5 ? 0 : 1) + " ms" : Math.round(us) + " µs";
  const gutter = (width) => Math.round(Math.min(170, width * 0.3));
  const layOut = () => {
    rows = [];
    let y = 0, side = "", process = 0;
    for (const lane of run.lanes) {
      if (lane.side !== side || lane.process !== process) { rows.push({ y, title: lane.side + ", process " + lane.process }); y += HEAD; side = lane.side; process = lane.process; }
      rows.push({ y, lane });
      y += ROW;
    }
    canvas.style.height = y + AXIS + "px";
  };
  const firstEndingAfter = (lane, us) => {
    let low = 0, high = lane.start.length;
    while (low < high) { const middle = (low + high) >> 1; if (lane.start[middle] + lane.hold[middle] < us) low = middle + 1; else high = middle; }
    return low;
  };
  const ask = () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; draw(); }); } };
  const show = (a, b) => {
    const span = Math.min(Math.max(b - a, FEW_US), run.endUs), start = Math.min(Math.max(0, a), run.endUs - span);
    if (start === from && start + span === to) return;
    from = start; to = start + span; ranked = null;
    ask();
  };
  const move = (share) => show(from + (to - from) * share, to + (to - from) * share);
  const zoom = (factor, at = (from + to) / 2) => show(at - (at - from) * factor, at + (to - at) * factor);

  function draw() {
    const theme = data.themes[dark.matches && !printing ? "dark" : "light"];
    const width = canvas.clientWidth, height = canvas.clientHeight, scale = Math.max(devicePixelRatio || 1, printing ? 2 : 1), left = gutter(width);
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) { canvas.width = Math.round(width * scale); canvas.height = Math.round(height * scale); }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.fillStyle = theme.ground; pen.fillRect(0, 0, width, height);
    const x = (us) => left + (us - from) / (to - from) * (width - left);
    pen.font = "12px system-ui, sans-serif"; pen.textBaseline = "middle";
    const bottom = height - AXIS, wanted = (to - from) / Math.max(2, (width - left) / 90), unit = 10 ** Math.floor(Math.log10(wanted)), step = unit * [1, 2, 5, 10].find((each) => unit * each >= wanted);
    pen.textAlign = "center";
    for (let us = Math.ceil(from / step) * step; us <= to; us += step) {
      pen.fillStyle = theme.rule; pen.fillRect(Math.round(x(us)), 0, 1, bottom);
      pen.fillStyle = theme.soft;
      if (x(us) > left + 16 && x(us) < width - 20) pen.fillText(time(us), x(us), bottom + AXIS / 2);
    }
    pen.textAlign = "left";
    pen.fillStyle = theme.rule; pen.fillRect(left, 0, 1, bottom); pen.fillRect(0, bottom, width, 1);
    for (const { y, title, lane } of rows) {
      if (title !== undefined) { pen.fillStyle = theme.raised; pen.fillRect(0, y, width, HEAD); pen.fillStyle = theme.ink; pen.font = "600 12px system-ui, sans-serif"; pen.fillText(title, 6, y + HEAD / 2); pen.font = "12px system-ui, sans-serif"; continue; }
      pen.save();
      pen.beginPath(); pen.rect(left, y, width - left, ROW); pen.clip();
      pen.fillStyle = theme.labels[lane.label];
      let drawn = -1, waited = -1;
      for (let i = firstEndingAfter(lane, from); i < lane.start.length; i++) {
        const a = Math.floor(x(lane.start[i])), b = Math.max(a + 1, Math.ceil(x(lane.start[i] + lane.hold[i]))), w = Math.floor(x(lane.start[i] - lane.wait[i]));
        if (w > width) break;
        // In whole pixels, so that the bars of one column are one bar.
        if (b > drawn) { const begin = Math.max(a, drawn); pen.fillRect(begin, y + 4, b - begin, ROW - 8); drawn = b; }
        if (a - w >= 1 && a > waited) { const begin = Math.max(w, waited); pen.globalAlpha = 0.65; pen.fillRect(begin, y + ROW / 2 - 1.5, a - begin, 3); pen.globalAlpha = 1; waited = a; }
      }
      if (chosen && chosen.lane === lane) { const a = x(lane.start[chosen.i]), b = Math.max(a + 2, x(lane.start[chosen.i] + lane.hold[chosen.i])); pen.strokeStyle = theme.ink; pen.lineWidth = 2; pen.strokeRect(a - 1, y + 2, b - a + 2, ROW - 4); }
      pen.restore();
      pen.fillStyle = theme.labels[lane.label]; pen.fillRect(6, y + 6, 8, 8);
      pen.fillStyle = theme.ink;
      let name = data.labels[lane.label];
      while (name.length > 2 && pen.measureText(name).width > left - 26) name = name.replace(/…$/, "").slice(0, -1) + "…";
      pen.fillText(name, 20, y + ROW / 2);
    }
  }

  const tell = (hold, place = "") => {
    chosen = hold;
    if (hold) { const { lane, i } = hold; told.textContent = place + data.labels[lane.label] + ", " + lane.side + ", process " + lane.process + ": held for " + time(lane.hold[i]) + " from " + time(lane.start[i]) + " on, after a wait of " + time(lane.wait[i]) + "; " + (lane.statements[i] === 1 ? "1 statement" : lane.statements[i] + " statements"); }
    ask();
  };
  const inView = () => ranked ??= run.lanes.flatMap((lane) => {
    const found = [];
    for (let i = firstEndingAfter(lane, from); i < lane.start.length && lane.start[i] <= to; i++) found.push({ lane, i });
    return found;
  }).sort((a, b) => b.lane.hold[b.i] - a.lane.hold[a.i]);
  const step = (by) => {
    if (ranked === null) rank = -1;
    const list = inView();
    if (list.length === 0) { told.textContent = "No hold is in view."; return; }
    rank = Math.min(list.length - 1, Math.max(0, rank + by));
    tell(list[rank], rank + 1 + " of " + list.length + ", by length. ");
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect(), left = gutter(box.width);
    return { us: from + (event.clientX - box.left - left) / (box.width - left) * (to - from), y: event.clientY - box.top, perPixel: (to - from) / (box.width - left) };
  };
  const holdAt = ({ us, y, perPixel }) => {
    const lane = rows.find((row) => row.lane && y >= row.y && y < row.y + ROW)?.lane;
    if (!lane) return null;
    let best = null;
    // Of those within two pixels, the longest.
    for (let i = firstEndingAfter(lane, us - 2 * perPixel); i < lane.start.length && lane.start[i] - lane.wait[i] <= us + 2 * perPixel; i++) if (best === null || lane.hold[i] > lane.hold[best]) best = i;
    return best === null ? null : { lane, i: best };
  };

  const pointers = new Map();
  canvas.addEventListener("pointerdown", (event) => { pointers.set(event.pointerId, event); canvas.setPointerCapture(event.pointerId); });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) { const hold = holdAt(at(event)); if (hold) tell(hold); return; }
    const shift = (before.clientX - event.clientX) * at(event).perPixel;
    if (pointers.size === 1) show(from + shift, to + shift);
    else {
      const other = [...pointers.values()].find((each) => each.pointerId !== event.pointerId);
      const apart = (one) => Math.max(20, Math.abs(one.clientX - other.clientX));
      zoom(apart(before) / apart(event), at(other).us);
    }
    pointers.set(event.pointerId, event);
  });
  canvas.addEventListener("wheel", (event) => {
    // Without the focus the wheel scrolls the page.
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) move(event.deltaX / 800);
    else zoom(Math.exp(Math.max(-100, Math.min(100, event.deltaY)) / 300), at(event).us);
  }, { passive: false });
  const ACTIONS = { in: () => zoom(0.5), out: () => zoom(2), left: () => move(-0.25), right: () => move(0.25), all: () => show(0, run.endUs), next: () => step(1), previous: () => step(-1) };
  const KEYS = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", Home: "all", n: "next", p: "previous" };
  canvas.addEventListener("keydown", (event) => {
    const action = ACTIONS[KEYS[event.key]];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
    if (event.key !== "n" && event.key !== "p") told.textContent = "In view: " + time(from) + " to " + time(to) + ".";
  });
  document.querySelector("#timeline .controls").addEventListener("click", (event) => ACTIONS[event.target.dataset?.do]?.());
  document.getElementById("repetition")?.addEventListener("change", (event) => { run = data.runs[Number(event.target.value)]; from = 0; to = run.endUs; ranked = null; chosen = null; told.textContent = ""; layOut(); draw(); });
  const print = (on) => { if (printing === on) return; printing = on; draw(); };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (event) => print(event.matches));
  dark.addEventListener("change", ask);
  new ResizeObserver(draw).observe(canvas);
  layOut();
  draw();
}
addEventListener("beforeprint", () => { for (const details of document.querySelectorAll("details")) details.open = true; });
`;
