"use strict";
// g2g over time, as it happens. Colours are those of the page, so it follows the theme.

const SECONDS = 60;
const STRIP = 12; // px: the quality of each second
const LEFT = 44;
const BOTTOM = 22;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

// The least of 1, 2, 5 times a power of ten that parts a span into so many steps at most.
const step = (span, most) => {
  const rough = Math.max(span / most, 1e-9);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
};

class Plot {
  constructor(canvas) {
    this.canvas = canvas;
    this.clear();
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  clear() {
    this.frames = [];
    this.seconds = [];
    this.marks = [];
    this.warm = null; // [from, to] of the warm-up
    this.now = 0;
    this.draw();
  }

  add(kind, rows) {
    this[kind].push(...rows);
    for (const row of rows) this.now = Math.max(this.now, row[0]);
    const oldest = this.now - SECONDS - 5;
    while (this[kind].length && this[kind][0][0] < oldest) this[kind].shift();
    this.draw();
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint();
    });
  }

  paint() {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const density = devicePixelRatio || 1;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    const draw = canvas.getContext("2d");
    draw.scale(density, density);
    draw.font = `13px ${getComputedStyle(canvas).fontFamily}`;
    const end = Math.max(this.now, SECONDS);
    const begin = end - SECONDS;
    const floor = height - BOTTOM - STRIP;
    const shown = this.frames.filter(([at]) => at >= begin).map(([, value]) => value);
    // Ordered, so that one late frame does not press all others to the ground.
    const sorted = shown.sort((a, b) => a - b);
    const top = Math.max(20, 1.25 * (sorted[Math.floor(sorted.length * 0.99)] || 0));
    const across = (at) => LEFT + ((at - begin) / SECONDS) * (width - LEFT);
    const up = (value) => floor - (Math.min(value, top) / top) * (floor - 8);
    this.ground(draw, { width, floor, top, begin, end, across, up });
    this.data(draw, { floor, begin, across, up });
  }

  ground(draw, { width, floor, top, begin, end, across, up }) {
    if (this.warm) {
      const from = Math.max(across(this.warm[0]), LEFT);
      const to = Math.min(across(this.warm[1] ?? end), width);
      draw.fillStyle = colour("band");
      if (to > from) draw.fillRect(from, 8, to - from, floor - 8);
    }
    draw.strokeStyle = colour("grid");
    draw.fillStyle = colour("muted");
    draw.lineWidth = 1;
    const rise = step(top, 4);
    for (let value = 0; value <= top; value += rise) {
      const y = Math.round(up(value)) + 0.5;
      draw.beginPath();
      draw.moveTo(LEFT, y);
      draw.lineTo(width, y);
      draw.stroke();
      draw.textAlign = "right";
      draw.fillText(String(Math.round(value)), LEFT - 8, y + 4);
    }
    const pace = width < 500 ? 20 : 10;
    draw.textAlign = "center";
    for (let at = Math.ceil(begin / pace) * pace; at <= end; at += pace) {
      const x = Math.min(Math.max(across(at), LEFT + 6), width - 16);
      draw.fillText(`${at} s`, x, floor + STRIP + BOTTOM - 4);
    }
  }

  data(draw, { floor, begin, across, up }) {
    draw.fillStyle = colour("faint");
    for (const [at, value] of this.frames) {
      if (at >= begin) draw.fillRect(across(at) - 1, up(value) - 1, 2, 2);
    }
    draw.strokeStyle = colour("unknown");
    for (const [at] of this.marks) {
      if (at < begin) continue;
      draw.beginPath();
      draw.moveTo(across(at), 8);
      draw.lineTo(across(at), floor + STRIP);
      draw.stroke();
    }
    const second = across(1) - across(0);
    draw.strokeStyle = colour("ink");
    draw.lineWidth = 2;
    draw.beginPath();
    let begun = false;
    for (const [at, value, level] of this.seconds) {
      if (at < begin) continue;
      draw.fillStyle = colour(`level-${level}`);
      draw.fillRect(across(at) - second, floor + 3, second - 1, STRIP - 3);
      if (value === null) begun = false;
      else if (begun) draw.lineTo(across(at) - second / 2, up(value));
      else {
        draw.moveTo(across(at) - second / 2, up(value));
        begun = true;
      }
    }
    draw.stroke();
  }
}
