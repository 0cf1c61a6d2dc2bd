export * from "./cloudevents.js";
export * from "./events.js";
export * from "./guards.js";
