"use strict";
// Frames in: the clock first, then the corner of the picture that holds the marker, as it is.

importScripts("corner.js");

// Whole pictures that are remembered: which one is wanted is known once its marker has been read.
const MOST = 64;
const FEWEST = 16;
const MOST_BYTES = 2 ** 26;
const SAME_MS = 0.05; // times that went to the reader and back, as numbers

const clock = () => performance.timeOrigin + performance.now();

const recent = [];
let next = 0;

// The whole picture, into memory that has been used before.
const whole = async (frame, at) => {
  const { width, height } = frame.visibleRect;
  const size = frame.allocationSize();
  const before = recent[next];
  const bytes = before && before.bytes.length === size ? before.bytes : new Uint8Array(size);
  if (before) before.at = NaN; // it is no more while it is written over
  const [{ stride, offset }] = await frame.copyTo(bytes);
  const one = { at, width, height, bytes, stride, offset };
  recent[next] = one;
  next = (next + 1) % Math.max(FEWEST, Math.min(MOST, Math.floor(MOST_BYTES / size)));
  return one;
};

const cut = ({ bytes, stride, offset }, [wide, tall], height, into) => {
  for (let row = 0; row < tall; row += 1) {
    const from = offset + stride * (height - tall + row);
    into.set(bytes.subarray(from, from + wide), row * wide);
  }
  return { stride: wide, offset: 0 };
};

const take = async (frame, at, { mid, sent, keeps }) => {
  const { x, y, width, height } = frame.visibleRect;
  const [wide, tall] = cornerOf(width, height, sent);
  const rect = { x, y: y + height - tall, width: wide, height: tall };
  rect.y -= rect.y % 2;
  const metadata = frame.metadata ? frame.metadata() : {};
  const told = toldCorner({
    at, mid, sizes: [width, height, wide, tall],
    rtp: metadata && metadata.rtpTimestamp,
    bytes: keeps ? wide * tall : frame.allocationSize({ rect }),
  });
  const layout = keeps
    ? cut(await whole(frame, at), [wide, tall], height, told.picture)
    : (await frame.copyTo(told.picture, { rect }))[0];
  const corner = told.done(layout);
  postMessage({ corner }, [corner]);
};

// The picture that came then is wanted: a corner of its whole size.
const keep = (at, mid) => {
  const found = recent.find((one) => Math.abs(one.at - at) < SAME_MS);
  if (!found) return;
  const { width, height, bytes, stride, offset } = found;
  const told = toldCorner({
    at: found.at, mid, sizes: [width, height, width, height], whole: true, bytes: stride * height,
  });
  told.picture.set(bytes.subarray(offset, offset + stride * height));
  const kept = told.done({ stride, offset: 0 });
  postMessage({ kept }, [kept]);
};

const read = async (given) => {
  const reader = given.readable.getReader();
  for (;;) {
    const { value: frame, done } = await reader.read();
    if (done) break;
    const at = clock();
    try {
      if (frame.visibleRect.width >= BLOCK.width) await take(frame, at, given);
    } finally {
      frame.close();
    }
  }
};

let reading = null;
onmessage = ({ data }) => {
  if (data.keep !== undefined) {
    keep(data.keep, reading.mid);
    return;
  }
  reading = data;
  return read(data);
};
