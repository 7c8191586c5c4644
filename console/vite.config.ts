import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` shows the console of a running server: set SLUICE_URL to use another one.
const server = process.env["SLUICE_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Hashed names below /assets are served as immutable.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    // For scripts/sizes.mjs, which takes it away.
    manifest: true,
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/v1", "/health/", "/analytics.js"].map((path) => [
        path,
        // The server compares the page's origin with the host that was asked.
        { target: server, changeOrigin: false },
      ]),
    ),
  },
});
