"use strict";
// A camera's frames out, each as it comes: the marker that came ahead of it is put into its corner.

importScripts("corner.js", "drawing.js", "marks.js");

const PLANAR = ["I420", "NV12"]; // luma is their first plane

const clock = () => performance.timeOrigin + performance.now();

const waiting = [];
let wake = null;
const next = async () => {
  while (!waiting.length) await new Promise((done) => { wake = done; });
  return waiting.shift();
};

// Into the bytes of the frame itself: nothing is converted, and the marker is as exact as anywhere.
const inPlace = async (frame, luma, { width, height }) => {
  const picture = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(picture);
  const [{ offset, stride }] = layout;
  for (let row = 0; row < BLOCK.height; row += 1) {
    const from = row * BLOCK.width;
    const line = luma.subarray(from, from + BLOCK.width);
    picture.set(line, offset + (height - BLOCK.height + row) * stride);
  }
  const { format, timestamp, colorSpace } = frame;
  return () => new VideoFrame(picture, {
    format, layout, timestamp, colorSpace, codedWidth: width, codedHeight: height,
  });
};

// A camera that gives another size or format: cut to the shape, scaled, stamped in greys.
let canvas = null;
const redrawn = (frame, luma, { width, height }) => {
  canvas = canvas || new OffscreenCanvas(width, height);
  const draw = canvas.getContext("2d", { alpha: false });
  stampedOn(draw, frame, [frame.displayWidth, frame.displayHeight], { width, height }, luma);
  const { timestamp } = frame;
  return () => new VideoFrame(canvas, { timestamp });
};

const run = async ({ readable, writable, ...size }) => {
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  for (;;) {
    const { value: frame, done } = await reader.read();
    if (done) break;
    const due = clock();
    const { id, stamp } = await next();
    const { width, height } = frame.visibleRect;
    const fits = width === size.width && height === size.height && PLANAR.includes(frame.format);
    const make = await (fits ? inPlace : redrawn)(frame, stamp.values, size);
    frame.close();
    const at = clock();
    writer.write(make()).catch(() => {});
    postMessage({ id, due, at });
  }
  postMessage({ lost: true });
};

onmessage = ({ data }) => {
  if (!(data instanceof ArrayBuffer)) {
    run(data).catch((error) => postMessage({ error: String(error) }));
    return;
  }
  waiting.push(...orders(data));
  if (wake) wake();
  wake = null;
};
