"use strict";
// A marker's block on a canvas, in the page and in its worker alike.

// Grey as a canvas has it, of luma (BT.601, limited range): what encodes the picture goes back.
const greyOf = (luma) => ((luma - 16) * 255) / 219;
const lumaOf = (grey) => 16 + (grey * 219) / 255;

// The whole picture, cut to the shape of the canvas and scaled, with the block in its corner.
const stampedOn = (draw, picture, [from, tall], { width, height }, luma) => {
  const scale = Math.max(width / from, height / tall);
  const [across, up] = [width / scale, height / scale];
  draw.drawImage(picture, (from - across) / 2, (tall - up) / 2, across, up, 0, 0, width, height);
  const block = draw.createImageData(BLOCK.width, BLOCK.height);
  luma.forEach((value, i) => {
    block.data.fill(greyOf(value), 4 * i, 4 * i + 3);
    block.data[4 * i + 3] = 255;
  });
  draw.putImageData(block, 0, height - BLOCK.height);
};
