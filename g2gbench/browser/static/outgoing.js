"use strict";
// Frames out, on an absolute schedule that waits for nobody: a frame whose time has passed by more
// than an interval is skipped, and said to be. Each is drawn before its time, or comes drawn.

importScripts("drawing.js");

const AHEAD_MS = 100; // from the first frame's arrival to its tick
const DRAWING_MS = 8; // a picture is drawn so long before its tick
const COLOUR = { primaries: "smpte170m", transfer: "smpte170m", matrix: "smpte170m", fullRange: false };

const clock = () => performance.timeOrigin + performance.now();
const until = async (time) => {
  const early = time - clock();
  if (early > 0) await new Promise((done) => setTimeout(done, early));
};

let drawing = null;
const waiting = []; // {id, after, picture} or {id, after, steps, stamp}
let wake = null;
const next = async () => {
  while (!waiting.length) await new Promise((done) => { wake = done; });
  return waiting.shift();
};

const run = async ({ writable, width, height, interval }) => {
  const writer = writable.getWriter();
  let start = null;
  for (;;) {
    const given = await next();
    const { id, after } = given;
    if (start === null) start = clock() + AHEAD_MS - after;
    const due = start + after;
    // Not at once: the frame before is being encoded, and what is drawn beside it delays it.
    await until(due - DRAWING_MS);
    const picture = given.picture || drawing.draw(given);
    await until(due);
    if (clock() - due > interval) {
      postMessage({ id, due, skipped: true });
      continue;
    }
    const at = clock();
    const frame = new VideoFrame(picture, {
      format: "I420", codedWidth: width, codedHeight: height,
      timestamp: Math.round(after * 1000), colorSpace: COLOUR,
    });
    writer.write(frame).catch(() => {});
    postMessage({ id, due, at });
  }
};

// What g2gbench/browser/draw_commands.py packs.
const kinds = [
  (buffer, view) => waiting.push({
    id: view.getUint32(4, true), after: view.getFloat64(8, true), picture: new Uint8Array(buffer, 16),
  }),
  (buffer) => { drawing = new Drawing(buffer); },
  (buffer) => waiting.push(...orders(buffer)),
];

onmessage = ({ data }) => {
  if (!(data instanceof ArrayBuffer)) {
    run(data);
    return;
  }
  const view = new DataView(data);
  kinds[view.getUint32(0, true)](data, view);
  if (wake) wake();
  wake = null;
};
