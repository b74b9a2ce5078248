"use strict";
// Pictures laid from layers, bit for bit as g2gbench/sources/sprite.py lays them: integers alone.

const QUARTERS = 4;
const EVEN_PIXELS = 2 * QUARTERS;

class Drawing {
  constructor(buffer) {
    const length = new DataView(buffer).getUint32(4, true);
    const table = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    const data = 8 + length;
    this.width = table.width;
    this.height = table.height;
    this.mirrored = table.mirrored;
    this.layers = table.layers.map(({ covers, movesDown, planes }) => ({
      covers, movesDown,
      planes: planes.map(({ width, height, begin }) => ({
        width, height,
        values: covers
          ? new Uint16Array(buffer, data + begin, (movesDown ? QUARTERS : 1) * QUARTERS * 2 * width * height)
          : new Uint8Array(buffer, data + begin, QUARTERS * width * height),
      })),
    }));
    const luma = this.width * this.height;
    this.picture = new Uint8Array(luma * 3 / 2);
    this.planes = [
      { width: this.width, height: this.height, values: this.picture.subarray(0, luma) },
      { width: this.width / 2, height: this.height / 2, values: this.picture.subarray(luma, luma * 5 / 4) },
      { width: this.width / 2, height: this.height / 2, values: this.picture.subarray(luma * 5 / 4) },
    ];
  }

  // The I420 picture of an order; valid until the next.
  draw({ steps, stamp }) {
    for (let i = 0; i < steps.length; i += 3) {
      const layer = this.layers[steps[i]];
      const [x, y] = [steps[i + 1], steps[i + 2]];
      // Chroma has half the pixels.
      this.planes.forEach((plane, index) => {
        const half = index ? 1 : 0;
        if (layer.covers) blend(plane, layer, layer.planes[index], x >> half, whole(layer, y) >> half);
        else copy(plane, layer.planes[index], x >> half);
      });
    }
    if (this.mirrored) {
      for (const { width, height, values } of this.planes)
        for (let row = 0; row < height; row += 1) values.subarray(row * width, (row + 1) * width).reverse();
    }
    for (let row = 0; row < stamp.height; row += 1) {
      const below = (this.height - stamp.height + row) * this.width;
      this.picture.set(stamp.values.subarray(row * stamp.width, (row + 1) * stamp.width), below);
    }
    return this.picture;
  }
}

const whole = ({ movesDown }, y) => (movesDown ? y : y - (y & (EVEN_PIXELS - 1)));

// The window's left edge is at x quarters.
const copy = (plane, scene, x) => {
  let from = (x & 3) * scene.width * scene.height + (x >> 2);
  for (let to = 0; to < plane.values.length; to += plane.width) {
    plane.values.set(scene.values.subarray(from, from + plane.width), to);
    from += scene.width;
  }
};

// Colour times cover, and 256 less cover, lie one after the other for each quarter down and across.
const blend = (plane, { movesDown }, figure, x, y) => {
  const { values, width, height } = figure;
  const size = width * height;
  const [left, top] = [x >> 2, y >> 2];
  const coloured = ((movesDown ? y & 3 : 0) * QUARTERS + (x & 3)) * 2 * size;
  const uncovered = coloured + size;
  const [first, last] = [Math.max(left, 0), Math.min(left + width, plane.width)];
  const end = Math.min(top + height, plane.height);
  const pixels = plane.values;
  for (let row = Math.max(top, 0); row < end; row += 1) {
    let at = (row - top) * width + first - left;
    const to = row * plane.width;
    for (let column = first; column < last; column += 1, at += 1) {
      const mixed = pixels[to + column] * values[uncovered + at] + values[coloured + at];
      pixels[to + column] = (mixed & 0xffff) >> 8;
    }
  }
};

// The orders of a message, first to last.
const orders = (buffer) => {
  const view = new DataView(buffer);
  const found = [];
  let at = 8;
  while (at < buffer.byteLength) {
    const [id, count, width, height] = [0, 4, 8, 12].map((place) => view.getUint32(at + place, true));
    const after = view.getFloat64(at + 16, true);
    at += 24;
    const steps = [];
    for (let i = 0; i < 3 * count; i += 1, at += 4) steps.push(view.getInt32(at, true));
    const stamp = { width, height, values: new Uint8Array(buffer, at, width * height) };
    at += width * height;
    found.push({ id, after, steps, stamp });
  }
  return found;
};
