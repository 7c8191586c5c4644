import classes from "./values.module.css";
import { CopyButton } from "./CopyButton";

/** A secret that can be seen now and never again. */
export function SecretOnce({ value, what }: { value: string; what: string }) {
  return (
    <div className={classes.secret}>
      <code className={classes.secretText}>{value}</code>
      <CopyButton value={value} what={what} />
    </div>
  );
}

/** What remains of a secret. */
export function SecretMasked({ last4 }: { last4: string }) {
  return <span className="mono">••••{last4}</span>;
}
