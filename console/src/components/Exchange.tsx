// A request and its answer as they were on the wire, secrets blanked.

import type { Schema } from "../api/client";
import { JsonView } from "./JsonView";
import classes from "./Exchange.module.css";
import { StateDot } from "./StateDot";

interface Props {
  exchange: Schema<"ExchangeView">;
  /** Its place among several. */
  number?: number;
}

export function Exchange({ exchange, number }: Props) {
  const { requestHead, requestBody, status, answerBody } = exchange;
  const [line = "", ...headers] = requestHead.split(/\r?\n/);
  return (
    <div className={classes.exchange}>
      <div className={classes.head}>Request{number === undefined ? "" : ` ${number}`}</div>
      <pre className={classes.text} tabIndex={0} aria-label="Head of the request">
        <strong>{line}</strong>
        {headers.length > 0 ? `\n${headers.join("\n").trimEnd()}` : ""}
      </pre>
      {requestBody === "" ? null : <Body text={requestBody} label="Body of the request" />}
      <div className={classes.head}>
        Answer{number === undefined ? "" : ` ${number}`}
        {typeof status === "number" ? (
          <StateDot tone={status < 300 ? "good" : "bad"}>{status}</StateDot>
        ) : (
          <StateDot tone="bad">none came</StateDot>
        )}
      </div>
      {answerBody === "" ? (
        typeof status === "number" ? <span className={classes.none}>without a body</span> : null
      ) : (
        <Body text={answerBody} label="Body of the answer" />
      )}
    </div>
  );
}

function Body({ text, label }: { text: string; label: string }) {
  if (isJson(text)) return <JsonView value={text} label={label} maxHeight={260} />;
  return (
    <pre className={classes.text} tabIndex={0} aria-label={label}>
      {text}
    </pre>
  );
}

/** A long body is cut, and is text then. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return /^\s*[[{]/.test(text);
  } catch {
    return false;
  }
}
