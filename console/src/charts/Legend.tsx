import { UnstyledButton } from "@mantine/core";
import classes from "./charts.module.css";
import { colour } from "./palette";
import { useChartTheme } from "./theme";

export interface LegendEntry {
  key: string;
  name: string;
  slot: number;
  amount: string;
}

interface Props {
  entries: readonly LegendEntry[];
  hidden: ReadonlySet<string>;
  onToggle: (key: string) => void;
}

/** The series with their amounts; a click takes one off the chart and puts it back. */
export function Legend({ entries, hidden, onToggle }: Props) {
  const { dark } = useChartTheme();
  return (
    <ul className={classes.legend} aria-label="Series" data-legend>
      {entries.map((entry) => {
        const off = hidden.has(entry.key);
        return (
          <li key={entry.key}>
            <UnstyledButton
              className={classes.entry}
              aria-pressed={!off}
              data-off={off || undefined}
              data-colour={colour(entry.slot, dark)}
              onClick={() => onToggle(entry.key)}
              title={entry.name}
            >
              <span aria-hidden className={classes.swatch} style={{ background: colour(entry.slot, dark) }} />
              <span className={classes.name}>{entry.name}</span>
              <span className={classes.amount}>{entry.amount}</span>
            </UnstyledButton>
          </li>
        );
      })}
    </ul>
  );
}
