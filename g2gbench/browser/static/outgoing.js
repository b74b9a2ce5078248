"use strict";
// Frames out, on an absolute schedule that waits for nobody: a frame whose time has passed by more
// than an interval is skipped, and said to be.

const AHEAD_MS = 100; // from the first frame's arrival to its tick
const COLOUR = { primaries: "smpte170m", transfer: "smpte170m", matrix: "smpte170m", fullRange: false };

const clock = () => performance.timeOrigin + performance.now();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const waiting = [];
let wake = null;
const next = async () => {
  while (!waiting.length) await new Promise((done) => { wake = done; });
  return waiting.shift();
};

const run = async ({ writable, width, height, interval }) => {
  const writer = writable.getWriter();
  let start = null;
  for (;;) {
    const buffer = await next();
    const header = new DataView(buffer);
    const id = header.getUint32(0, true);
    const after = header.getFloat64(4, true);
    if (start === null) start = clock() + AHEAD_MS - after;
    const due = start + after;
    const early = due - clock();
    if (early > 0) await sleep(early);
    if (clock() - due > interval) {
      postMessage({ id, due, skipped: true });
      continue;
    }
    const at = clock();
    const frame = new VideoFrame(new Uint8Array(buffer, 12), {
      format: "I420", codedWidth: width, codedHeight: height,
      timestamp: Math.round(after * 1000), colorSpace: COLOUR,
    });
    writer.write(frame).catch(() => {});
    postMessage({ id, due, at });
  }
};

onmessage = ({ data }) => {
  if (!(data instanceof ArrayBuffer)) {
    run(data);
    return;
  }
  waiting.push(data);
  if (wake) wake();
  wake = null;
};
