"use strict";
// Frames in: the clock first, then the corner of the picture that holds the marker, as it is. It is
// read by the same code as the native client's.

const HEADER = 32; // bytes: time, media section, width, height, corner's width and height, RTP time
const MARKER = { width: 192, height: 32 };
const MARGIN = 8;

const clock = () => performance.timeOrigin + performance.now();
const even = (value) => Math.ceil(value / 2) * 2;

// Without a known size of what was stamped, all sizes that the protocol has must fit.
const corner = (width, height, sent) => {
  const [across, up] = sent ? [width / sent[0], height / sent[1]] : [2, 3];
  return [
    Math.min(width & ~1, even(MARKER.width * across + MARGIN)),
    Math.min(height & ~1, even(MARKER.height * up + MARGIN)),
  ];
};

const take = async (frame, at, { mid, sent }) => {
  const { width, height } = frame.visibleRect;
  const [wide, tall] = corner(width, height, sent);
  const rect = { x: frame.visibleRect.x, y: frame.visibleRect.y + height - tall, width: wide, height: tall };
  rect.y -= rect.y % 2;
  const buffer = new ArrayBuffer(4 + HEADER + frame.allocationSize({ rect }));
  const header = new DataView(buffer, 4);
  header.setFloat64(0, at, true);
  header.setUint32(8, mid, true);
  header.setUint16(12, width, true);
  header.setUint16(14, height, true);
  header.setUint16(16, wide, true);
  header.setUint16(18, tall, true);
  const metadata = frame.metadata ? frame.metadata() : {};
  header.setUint32(20, (metadata && metadata.rtpTimestamp) || 0, true);
  const layout = await frame.copyTo(new Uint8Array(buffer, 4 + HEADER), { rect });
  header.setUint32(24, layout[0].stride, true);
  header.setUint32(28, layout[0].offset, true);
  // Luma is the first plane of every format that decoders give.
  const size = HEADER + layout[0].offset + layout[0].stride * tall;
  new DataView(buffer).setUint32(0, size, true);
  const told = buffer.slice(0, 4 + size);
  postMessage(told, [told]);
};

onmessage = async ({ data }) => {
  const reader = data.readable.getReader();
  for (;;) {
    const { value: frame, done } = await reader.read();
    if (done) break;
    const at = clock();
    try {
      if (frame.visibleRect.width >= MARKER.width) await take(frame, at, data);
    } finally {
      frame.close();
    }
  }
};
