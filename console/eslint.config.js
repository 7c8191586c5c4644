// What a tool can check of how the console is built: no `any`, features stay apart, files stay short.

import hooks from "eslint-plugin-react-hooks";
import { readdirSync } from "node:fs";
import tseslint from "typescript-eslint";

const LINES_MAX = 400;
const features = readdirSync(new URL("src/features", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** A feature never imports another one: what two share moves to components, charts or lib. */
const apart = features.map((feature) => ({
  files: [`src/features/${feature}/**`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: features
          .filter((other) => other !== feature)
          .map((other) => ({
            group: [`**/features/${other}`, `**/features/${other}/**`, `**/../${other}/**`],
            message: "A feature never imports another feature.",
          })),
      },
    ],
  },
}));

/** Lower layers know nothing of the pages above them. */
const below = {
  files: ["src/lib/**", "src/api/**", "src/charts/**", "src/components/**"],
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: [{ group: ["**/features/**", "**/routes/**", "**/app/**"] }] },
    ],
  },
};

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.gen.ts"] },
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [tseslint.configs.recommended],
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "max-lines": ["error", { max: LINES_MAX }],
    },
  },
  below,
  ...apart,
);
