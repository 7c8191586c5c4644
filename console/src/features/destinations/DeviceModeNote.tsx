import type { DestinationKind } from "../../api/queries/catalog";
import { formatBytes } from "../../lib/format";
import { isDeviceMode, type Settings } from "../../lib/settings";
import classes from "./destinations.module.css";

/** What device mode costs a page, where the kind offers it. */
export function DeviceModeNote({ kind, settings }: { kind: DestinationKind; settings: Settings }) {
  const sizes = kind.deviceMode;
  if (!sizes) return null;
  if (sizes.pluginBytes === undefined || sizes.pluginBytes === null) {
    return (
      <p className={classes.words}>
        This server was built without the browser plugin of {kind.name}: in device mode it goes on sending itself.
      </p>
    );
  }
  const verb = isDeviceMode(settings) ? "load" : "would load";
  return (
    <p className={classes.words}>
      In device mode pages {verb} {formatBytes(sizes.pluginBytes)} for {kind.name}, beside{" "}
      {formatBytes(sizes.sdkBytes)} for analytics.js (compressed).
    </p>
  );
}
