export * from "./cloudevents.js";
export * from "./conductor.js";
export * from "./device.js";
export * from "./events.js";
export * from "./guards.js";
export * from "./sse.js";
export type { components, operations, paths } from "./api.js";
