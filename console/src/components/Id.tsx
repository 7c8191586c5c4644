import classes from "./values.module.css";
import { CopyButton } from "./CopyButton";

interface Props {
  value: string;
  what: string;
}

/** An id or key in full, cut by space alone, with its copy button. */
export function Id({ value, what }: Props) {
  return (
    <span className={classes.id}>
      <span className={`mono ${classes.cut}`} title={value}>
        {value}
      </span>
      <CopyButton value={value} what={what} />
    </span>
  );
}
