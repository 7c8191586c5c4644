import type { PointerEvent } from "react";
import classes from "./DataTable.module.css";

const WIDTH_MIN = 56;

/** Drags the right edge of a head cell. Widths are a matter for the eye: the keyboard skips it. */
export function ResizeHandle({ onResize }: { onResize: (width: number) => void }) {
  const begin = (event: PointerEvent<HTMLSpanElement>) => {
    const handle = event.currentTarget;
    const cell = handle.parentElement;
    if (!cell) return;
    const from = event.clientX;
    const width = cell.getBoundingClientRect().width;
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) =>
      onResize(Math.max(WIDTH_MIN, width + moved.clientX - from));
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), {
      once: true,
    });
  };
  return <span className={classes.resize} aria-hidden onPointerDown={begin} />;
}
