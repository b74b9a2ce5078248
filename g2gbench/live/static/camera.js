"use strict";
// The person's own camera: asked for before a session begins, given back when it is over.

const REFUSALS = {
  NotAllowedError: "The camera was refused. Allow it for this page (beside the browser's address), then press Start again.",
  NotFoundError: "There is no camera here. Plug one in, or choose the drawn picture.",
  NotReadableError: "The camera gives no picture: another program may be using it. Close that, then press Start again.",
};
const INSECURE =
  "A browser gives its camera to HTTPS and to localhost alone: open this page there, or choose the drawn picture.";

const camera = {
  stream: null,

  // Raises an Error whose message is for the person.
  async open({ size: [width, height], fps }) {
    if (!navigator.mediaDevices) throw new Error(INSECURE);
    const video = {
      width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: fps },
      resizeMode: "crop-and-scale",
    };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video });
    } catch (error) {
      throw new Error(REFUSALS[error.name] || `The camera cannot be had: ${error.message}`);
    }
  },

  close() {
    if (this.stream) for (const track of this.stream.getTracks()) track.stop();
    this.stream = null;
  },

  // As the page's command "start", with the camera in place of the pictures that are sent to it.
  start({ width, height }) {
    if (outgoing) return;
    outgoing = new MediaStreamTrackGenerator({ kind: "video" });
    const worker = new Worker("stamping.js");
    feed(worker);
    worker.onmessage = ({ data }) => {
      if (data.error) event("script_error", { message: data.error });
      else if (data.lost) event("camera_lost");
      else captured.push(data);
    };
    const [track] = this.stream.getVideoTracks();
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 });
    const { writable } = outgoing;
    worker.postMessage({ readable, writable, width, height }, [readable, writable]);
  },
};
