// The frame of every page behind the sign-in: rail, palette, and the page.

import { Burger, Drawer } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useSession } from "../api/session";
import { BlockSkeleton } from "../components/Skeletons";
import { TimeZoneContext } from "../lib/timeZone";
import { Rail } from "./Rail";
import classes from "./Shell.module.css";

const Palette = lazy(() => import("./Palette").then((module) => ({ default: module.Palette })));

export function Shell() {
  const session = useSession();
  const [folded, rail] = useDisclosure(false);
  const [palette, setPalette] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [seenPath, setSeenPath] = useState(path);
  if (path !== seenPath) {
    setSeenPath(path);
    rail.close();
  }
  useHotkeys([["mod+K", () => setPalette(true)]], []);
  const openPalette = () => {
    rail.close();
    setPalette(true);
  };
  return (
    <TimeZoneContext value={session.workspace.timeZone}>
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <div className={classes.shell}>
        <aside className={classes.rail}>
          <Rail onPalette={openPalette} />
        </aside>
        <div className={classes.top}>
          <Burger size="sm" opened={folded} onClick={rail.toggle} aria-label="Open the menu" />
          <span className={classes.topName}>{session.workspace.name}</span>
        </div>
        {folded ? (
          <Drawer
            opened
            onClose={rail.close}
            size={264}
            title="Menu"
            withCloseButton={false}
            padding={0}
            styles={{ header: { display: "none" } }}
          >
            <div className={classes.drawer}>
              <Rail onPalette={openPalette} />
            </div>
          </Drawer>
        ) : null}
        <main id="main" className={classes.main} tabIndex={-1}>
          <Suspense fallback={<BlockSkeleton />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {palette ? (
        <Suspense fallback={null}>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      ) : null}
    </TimeZoneContext>
  );
}
