"use strict";
// What comes back on display, and when. The browser calls back once it has presented a frame: the
// clock as it is read there is the moment of display. The times that come with the callback are
// plans, and may lie before or behind it.

const display = (() => {
  const elements = [];

  const show = (track, tell) => {
    const video = document.createElement("video");
    const presented = (_, metadata) => {
      const at = performance.timeOrigin + performance.now();
      video.requestVideoFrameCallback(presented);
      tell({ at, rtp: metadata.rtpTimestamp ?? 0, presented: metadata.presentedFrames });
    };
    video.muted = true; // or it may not begin without a click
    video.autoplay = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    video.requestVideoFrameCallback(presented);
    (document.getElementById("display") || document.body).append(video);
    elements.push(video);
  };

  const clear = () => {
    for (const video of elements.splice(0)) {
      video.srcObject = null;
      video.remove();
    }
  };

  return { show, clear };
})();
