"use strict";
// The corner of a picture that holds the marker: where it is, and how a page tells it. It is read by the same
// code as the native client's pictures.

const BLOCK = { width: 192, height: 32 };
const CORNER_HEADER = 32; // bytes: time, media section, sizes, RTP time, the picture's stride and offset
const SPARE = 8;
const WHOLE = 2 ** 31; // added to the media section of a picture that was kept

const evenly = (value) => Math.ceil(value / 2) * 2;

// Width and height of it. Without a known size of what was stamped, all that the protocol has must fit.
const cornerOf = (width, height, sent) => {
  const [across, up] = sent ? [width / sent[0], height / sent[1]] : [2, 3];
  return [
    Math.min(width & ~1, evenly(BLOCK.width * across + SPARE)),
    Math.min(height & ~1, evenly(BLOCK.height * up + SPARE)),
  ];
};

// Its length, its header, and room for `bytes` of its picture.
const toldCorner = ({ at, mid, sizes, rtp, whole, bytes }) => {
  const told = new ArrayBuffer(4 + CORNER_HEADER + bytes);
  const header = new DataView(told, 4);
  header.setFloat64(0, at, true);
  header.setUint32(8, Number(mid) + (whole ? WHOLE : 0), true);
  sizes.forEach((value, i) => header.setUint16(12 + 2 * i, value, true)); // of the picture, of its corner
  header.setUint32(20, rtp || 0, true);
  return {
    picture: new Uint8Array(told, 4 + CORNER_HEADER),
    // With luma alone, which is the first plane of every format that decoders give.
    done({ stride, offset }) {
      header.setUint32(24, stride, true);
      header.setUint32(28, offset, true);
      const length = CORNER_HEADER + offset + stride * sizes[3];
      new DataView(told).setUint32(0, length, true);
      return told.byteLength === 4 + length ? told : told.slice(0, 4 + length);
    },
  };
};
