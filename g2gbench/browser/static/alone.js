"use strict";
// A page that nobody looks at, in a browser of its own: it goes with whoever spawned it.

const [token] = location.hash.slice(1).split("&");
attach(`ws://${location.host}/socket?token=${token}`, () => close());
