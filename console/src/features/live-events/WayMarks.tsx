import type { LiveEvent } from "../../api/queries/liveEvents";
import type { StateTone } from "../../components/StateDot";
import { inWords } from "../../lib/format";
import classes from "./live.module.css";

interface Props {
  row: LiveEvent;
  nameOf: (destinationId: string) => string;
}

const CHECKED: Record<LiveEvent["state"], StateTone> = {
  accepted: "good",
  waiting: "warn",
  duplicate: "idle",
  refused: "bad",
};
const DELIVERED: Record<string, StateTone> = { delivered: "good", waiting: "warn", dead: "bad" };

/** The way of an event in small marks: received, checked, then each destination. */
export function WayMarks({ row, nameOf }: Props) {
  const marks: [tone: StateTone, words: string][] = [
    ["good", "Received"],
    [CHECKED[row.state], `Checked: ${row.state}`],
    ...row.deliveries.map(({ destinationId, state }): [StateTone, string] => [
      DELIVERED[state] ?? "idle",
      `${nameOf(destinationId)}: ${inWords(state).toLowerCase()}`,
    ]),
  ];
  const words = marks.map(([, text]) => text);
  return (
    <span className={classes.marks} role="img" aria-label={words.join(", ")} title={words.join(" · ")}>
      {marks.map(([tone], at) => (
        <span key={at} className={classes.markOf} data-tone={tone} />
      ))}
    </span>
  );
}
