import { useMemo } from "react";
import { jsonPieces } from "../lib/json";
import { CopyButton } from "./CopyButton";
import classes from "./values.module.css";

interface Props {
  /** JSON text (digits and order are kept), or a value. */
  value: unknown;
  label: string;
  maxHeight?: number;
}

export function JsonView({ value, label, maxHeight }: Props) {
  const source = typeof value === "string" ? value : JSON.stringify(value);
  const pieces = useMemo(() => jsonPieces(source), [source]);
  const text = pieces.map((piece) => piece.text).join("");
  return (
    <div className={classes.codeBox}>
      <pre className={classes.json} style={{ maxHeight }} tabIndex={0} aria-label={label}>
        {pieces.map((piece, at) =>
          piece.kind === "mark" ? piece.text : (
            <span key={at} className={classes[piece.kind]}>
              {piece.text}
            </span>
          ),
        )}
      </pre>
      <div className={classes.codeCopy}>
        <CopyButton value={text} what="JSON" />
      </div>
    </div>
  );
}
