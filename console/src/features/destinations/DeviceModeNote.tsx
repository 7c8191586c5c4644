import type { DestinationKind } from "../../api/queries/catalog";
import { formatBytes } from "../../lib/format";
import { isDeviceMode, type Settings } from "../../lib/settings";
import classes from "./destinations.module.css";

/** What device mode costs a page, where the kind offers it. */
export function DeviceModeNote({ kind, settings }: { kind: DestinationKind; settings: Settings }) {
  const sizes = kind.deviceMode;
  if (!sizes) return null;
  const built = sizes.pluginBytes;
  if (built === undefined || built === null) {
    return (
      <p className={classes.words}>
        This server was built without the browser plugin of {kind.name}: pages do not send to it.
      </p>
    );
  }
  const verb = sizes.isOnly || isDeviceMode(settings) ? "load" : "would load in device mode";
  return (
    <p className={classes.words}>
      {sizes.isOnly ? "Only pages send to it. " : null}
      Pages {verb} {formatBytes(built)} for {kind.name}, beside {formatBytes(sizes.sdkBytes)} for analytics.js
      (compressed).
    </p>
  );
}
