import { CopyButton } from "./CopyButton";
import classes from "./values.module.css";

/** Code to copy. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className={classes.codeBox}>
      <pre className={classes.code} tabIndex={0} aria-label={label}>
        {code}
      </pre>
      <div className={classes.codeCopy}>
        <CopyButton value={code} what="code" />
      </div>
    </div>
  );
}
