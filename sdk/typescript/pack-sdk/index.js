// Write a LumenFlow pack in JavaScript or TypeScript: Node 18 or newer, no dependencies.
//
//   import { Pack } from "@lumenflow/pack-sdk";
//
//   const pack = new Pack();
//   pack.tool("acme:greet", (context, input) => ({ greeting: `Hello ${input.name}` }));
//   await pack.runAsMain(import.meta.url);

export { canonical } from "./canonical.js";
export { Cancelled, HostError, PackError, ToolError } from "./errors.js";
export { HandlerContext, Run, Store, ToolContext } from "./context.js";
export { buildKernelEventV2 } from "./kernel_event.js";
export { Pack, ToolOutput } from "./pack.js";
