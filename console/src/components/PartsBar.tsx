import classes from "./PartsBar.module.css";
import type { StateTone } from "./StateDot";

export interface BarPart {
  label: string;
  count: number;
  tone: StateTone;
}

/** Parts of a whole in state colours. The numbers stand beside it, so it says nothing by itself. */
export function PartsBar({ parts, height = 8 }: { parts: readonly BarPart[]; height?: number }) {
  const total = parts.reduce((all, part) => all + part.count, 0);
  return (
    <div className={classes.bar} style={{ height }} aria-hidden>
      {parts
        .filter((part) => part.count > 0)
        .map((part) => (
          <span
            key={part.label}
            className={classes[part.tone]}
            // A part that is not nothing is never drawn as nothing.
            style={{ flexGrow: part.count / total, minWidth: 3 }}
          />
        ))}
    </div>
  );
}
