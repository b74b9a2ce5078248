"use strict";
// For a browser that hands over no frames (no MediaStreamTrackGenerator, no MediaStreamTrackProcessor):
// what is sent is drawn on a canvas, what comes back is read from one when it is displayed.

const canvasPath = {
  needed: typeof MediaStreamTrackGenerator === "undefined"
    || typeof MediaStreamTrackProcessor === "undefined"
    || new URLSearchParams(location.search).has("canvas"),
  words: "This browser hands over no single frames (a Chromium does), so the page draws what it sends on a "
    + "canvas and reads what comes back from the display. That costs this page time for every frame, adds up "
    + "to a tick of the display (17 ms at 60 Hz) to g2g, and a frame that was never displayed counts as dropped.",
};

const colours = (picture, width, height, into) => {
  const chroma = width * height;
  const [half, quarter] = [width / 2, chroma / 4];
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const place = chroma + (y >> 1) * half + (x >> 1);
      const level = 1.164 * (picture[i] - 16);
      const [u, v] = [picture[place] - 128, picture[place + quarter] - 128];
      const at4 = 4 * i;
      into[at4] = level + 1.596 * v;
      into[at4 + 1] = level - 0.392 * u - 0.813 * v;
      into[at4 + 2] = level + 2.017 * u;
      into[at4 + 3] = 255;
    }
  }
};

// Call back with each frame of a playing video, and what the browser says of it.
const eachFrame = (video, call) => {
  let going = true;
  const next = () => {
    if (!going) return;
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(happened);
    else requestAnimationFrame(polled);
  };
  const happened = (_, metadata) => { call(metadata); next(); };
  let before = -1;
  const polled = () => {
    if (video.currentTime !== before) call({});
    before = video.currentTime;
    next();
  };
  next();
  return () => { going = false; };
};

// In place of a worker: it is handed what a worker is handed, and says what a worker says.
class CanvasOut {
  constructor() {
    this.waiting = [];
    this.ended = false;
  }

  terminate() {
    this.ended = true;
    if (this.stop) this.stop();
  }

  // The track that is sent.
  begin({ width, height, interval }) {
    this.size = { width, height };
    this.interval = interval;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    this.draw = canvas.getContext("2d", { alpha: false });
    const stream = canvas.captureStream(0);
    [this.track] = stream.getVideoTracks();
    this.source = this.track.requestFrame ? this.track : stream; // Firefox asks the stream
    return this.track;
  }

  show(id, due) {
    const at = clock();
    this.source.requestFrame();
    this.onmessage({ data: { id, due, at } });
  }
}

class DrawnOut extends CanvasOut {
  constructor() {
    super();
    this.drawing = null;
    this.zero = null;
    this.kinds = [
      (buffer, view) => this.waiting.push({
        id: view.getUint32(4, true), after: view.getFloat64(8, true), picture: new Uint8Array(buffer, 16),
      }),
      (buffer) => { this.drawing = new Drawing(buffer); },
      (buffer) => this.waiting.push(...orders(buffer)),
    ];
  }

  async postMessage(buffer) {
    const view = new DataView(buffer);
    this.kinds[view.getUint32(0, true)](buffer, view);
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length && !this.ended) await this.turn(this.waiting.shift());
    this.busy = false;
  }

  async turn(given) {
    const { width, height } = this.size;
    if (this.zero === null) this.zero = clock() + 100 - given.after;
    const due = this.zero + given.after;
    const image = this.draw.createImageData(width, height);
    colours(given.picture || this.drawing.draw(given), width, height, image.data);
    const early = due - clock();
    if (early > 0) await new Promise((done) => { setTimeout(done, early); });
    if (clock() - due > this.interval) {
      this.onmessage({ data: { id: given.id, due, skipped: true } });
      return;
    }
    this.draw.putImageData(image, 0, 0);
    this.show(given.id, due);
  }
}

class CameraOut extends CanvasOut {
  constructor(stream) {
    super();
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.video.srcObject = stream;
    this.video.play();
    stream.getVideoTracks()[0].onended = () => event("camera_lost");
    this.stop = eachFrame(this.video, () => this.frame());
  }

  postMessage(buffer) {
    this.waiting.push(...orders(buffer));
  }

  frame() {
    const due = clock();
    if (!this.track || !this.waiting.length) return; // it has not begun
    const { id, stamp } = this.waiting.shift();
    const { videoWidth, videoHeight } = this.video;
    stampedOn(this.draw, this.video, [videoWidth, videoHeight], this.size, stamp.values);
    this.show(id, due);
  }
}

// The corner of what is on display, as incoming.js tells it of what is decoded.
const readCorners = (video, { mid, sent }) => {
  const canvas = document.createElement("canvas");
  const draw = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  return eachFrame(video, (metadata) => {
    const at = clock();
    const [width, height] = [video.videoWidth, video.videoHeight];
    if (width < BLOCK.width || height < BLOCK.height) return;
    const [wide, tall] = cornerOf(width, height, sent);
    if (canvas.width !== wide || canvas.height !== tall) Object.assign(canvas, { width: wide, height: tall });
    draw.drawImage(video, 0, height - tall, wide, tall, 0, 0, wide, tall);
    const { data } = draw.getImageData(0, 0, wide, tall);
    const told = toldCorner({
      at, mid, sizes: [width, height, wide, tall], rtp: metadata.rtpTimestamp, bytes: wide * tall,
    });
    for (let i = 0; i < wide * tall; i += 1) told.picture[i] = lumaOf(data[4 * i + 1]);
    corners.push(told.done({ stride: wide, offset: 0 }));
  });
};
