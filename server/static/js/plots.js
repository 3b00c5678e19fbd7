// Small plots. uPlot comes only to a page that has one, and only when it is near the window.

export function start() {
  const boxes = document.querySelectorAll("[data-plot]");
  if (!boxes.length) return;
  const watch = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "200px" });
  for (const box of boxes) {
    box.hidden = false;
    watch.observe(box);
  }
}

let loading = null;

function library(box) {
  loading ??= new Promise((done, failed) => {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: box.dataset.sheet });
    const script = Object.assign(document.createElement("script"), { src: box.dataset.script });
    script.addEventListener("load", () => done(window.uPlot));
    script.addEventListener("error", failed);
    document.head.append(sheet, script);
  });
  return loading;
}

/** Colours as the style sheet has them now: a canvas knows no classes. */
function colours(box) {
  const probe = document.createElement("span");
  box.append(probe);
  const found = ["plot-1", "plot-2", "plot-3", "plot-ink", "plot-line"].map((name) => {
    probe.className = name;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return { strokes: found.slice(0, 3), ink: found[3], line: found[4] };
}

async function draw(box) {
  const { labels, series, unit } = JSON.parse(document.getElementById(box.dataset.plot).textContent);
  const Plot = await library(box);
  const { strokes, ink, line } = colours(box);
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px sans-serif" };
  const said = (value) => (unit ? `${value} ${unit}` : String(value));
  const plot = new Plot({
    width: box.clientWidth,
    height: box.clientHeight,
    scales: { x: { time: false } },
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    axes: [
      { ...axis, values: (_plot, places) => places.map((place) => labels[place] ?? "") },
      { ...axis, size: 48, values: (_plot, values) => values.map(said) },
    ],
    series: [
      {},
      ...series.map(([label], place) => ({ label, stroke: strokes[place % 3], width: 2, points: { size: 6 } })),
    ],
  }, [labels.map((_label, place) => place), ...series.map(([, values]) => values)], box);
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
}
