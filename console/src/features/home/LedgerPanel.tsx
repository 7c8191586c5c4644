import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleX } from "lucide-react";
import { Fragment } from "react";
import { PartsBar } from "../../components/PartsBar";
import { formatNumber } from "../../lib/format";
import classes from "./home.module.css";
import { gateOf, type Ledger, type Part, readersOf } from "./model";

interface Props {
  ledger: Ledger;
  sourceName: (id: string) => string;
  destinationName: (id: string) => string;
}

/** The account of everything: what came in, and for each reader where it is. */
export function LedgerPanel({ ledger, sourceName, destinationName }: Props) {
  const gate = gateOf(ledger);
  return (
    <section className="panel" aria-label="Ledger">
      <div className={classes.gate}>
        <div className={classes.total}>
          <span className={classes.big}>{formatNumber(gate.received)}</span>
          <span>events came in</span>
        </div>
        <Balance balances={ledger.balances} />
        <div className={classes.gateBar}>
          <PartsBar parts={gate.parts} height={12} />
        </div>
        <Sum parts={gate.parts} always={["Accepted", "Duplicate", "Refused"]} />
      </div>
      <ul className={classes.readers} aria-label="Where the accepted events are">
        {readersOf(ledger).map((reader) => (
          <li key={reader.key} className={classes.reader}>
            <div className={classes.readerName}>
              {reader.destinationId === undefined ? (
                <span className={classes.strong}>Analytics</span>
              ) : (
                <Link
                  to="/destinations/$destinationId"
                  params={{ destinationId: reader.destinationId }}
                  className={classes.strong}
                >
                  {destinationName(reader.destinationId)}
                </Link>
              )}
              <span className={classes.from}>
                {reader.sourceId === undefined ? "every source" : sourceName(reader.sourceId)}
              </span>
            </div>
            <span className={classes.accepted}>{formatNumber(reader.accepted)}</span>
            <div className={classes.readerParts}>
              <PartsBar parts={reader.parts} />
              <Sum parts={reader.parts} always={[reader.parts[0]?.label ?? ""]} />
            </div>
            <BalanceMark balances={reader.balances} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** `12,000 accepted + 300 duplicate`: what is nothing and not usual is left out. */
function Sum({ parts, always }: { parts: Part[]; always: string[] }) {
  const shown = parts.filter((part) => part.count > 0 || always.includes(part.label));
  return (
    <div className={classes.sum}>
      {shown.map((part, at) => (
        <Fragment key={part.label}>
          {at > 0 ? <span className={classes.plus}>+</span> : null}
          <span className={classes.part}>
            <span className={classes.mark} data-tone={part.tone} aria-hidden />
            <b>{formatNumber(part.count)}</b> {part.label.toLowerCase()}
          </span>
        </Fragment>
      ))}
    </div>
  );
}

function Balance({ balances }: { balances: boolean }) {
  return (
    <span className={classes.balance} data-tone={balances ? "good" : "bad"}>
      <BalanceMark balances={balances} hidden />
      {balances ? "Every event is in its place" : "The account does not balance"}
    </span>
  );
}

function BalanceMark({ balances, hidden = false }: { balances: boolean; hidden?: boolean }) {
  const label = hidden ? { "aria-hidden": true } : { role: "img", "aria-label": balances ? "Balances" : "Does not balance" };
  return balances ? (
    <CircleCheck size={16} color="var(--sl-good)" {...label} />
  ) : (
    <CircleX size={16} color="var(--sl-bad)" {...label} />
  );
}
