import { UnstyledButton } from "@mantine/core";
import classes from "./charts.module.css";

interface Props {
  figure: string;
  words: string;
  /** Against the period before, such as "up 12% from 1,204". */
  change?: string | undefined;
  height: number;
  compact?: boolean;
  onPick?: (() => void) | undefined;
}

export function BigNumber({ figure, words, change, height, compact = false, onPick }: Props) {
  return (
    <div className={classes.big} style={{ minHeight: height }}>
      <div className={classes.figure} data-compact={compact || undefined}>
        {onPick ? <UnstyledButton fz="inherit" fw="inherit" onClick={onPick} aria-label={`${figure} ${words}. Show the people`}>{figure}</UnstyledButton> : figure}
      </div>
      <div style={{ color: "var(--sl-muted)" }}>{words}</div>
      {change === undefined ? null : <div>{change}</div>}
    </div>
  );
}
