import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      // The client of the conductor, from its sources; what it needs is installed here.
      "@lumenflow/conductor-sdk": here("../sdk/typescript/conductor-sdk/index.ts"),
      "openapi-fetch": here("node_modules/openapi-fetch"),
      "@rjsf/validator-ajv8": here("src/forms/unused.ts"),
    },
  },
  build: {
    target: "es2022",
    // Nothing inline: the policy of the page forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/v2": process.env.CONDUCTOR ?? "http://127.0.0.1:7430" } },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/test/setup.ts"], testTimeout: 120_000, server: { deps: { inline: [/@rjsf/] } } },
});
