// What the page gets of the vendor's SDK, unmodified; bundled by esbuild.
export { createDecartClient, models } from "@decartai/sdk";
