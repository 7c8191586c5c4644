import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { destinationsQuery } from "../api/queries/destinations";
import type { Receipt, ReceiptDelivery } from "../api/queries/liveEvents";
import { Exchange } from "./Exchange";
import { RelativeTime } from "./RelativeTime";
import type { StateTone } from "./StateDot";
import { inWords, plural } from "../lib/format";
import { reasonInWords } from "../lib/reasons";
import classes from "./EventWay.module.css";

const STAGES: Record<string, string> = {
  received: "Received",
  pipeline: "Checked",
  analytics: "Stored for analytics",
};

const TONES: Record<string, StateTone> = {
  done: "good",
  delivered: "good",
  waiting: "warn",
  dead: "bad",
};

/** Each stage of the way, then each destination with what it was asked and what it answered. */
export function EventWay({ receipt }: { receipt: Pick<Receipt, "stages" | "deliveries"> }) {
  const destinations = useQuery(destinationsQuery).data ?? [];
  const nameOf = (id: string) => destinations.find((one) => one.id === id)?.name ?? "A deleted destination";
  return (
    <ol className={classes.way}>
      {receipt.stages.map((stage) => (
        <Stage
          key={stage.stage}
          tone={TONES[stage.state] ?? "idle"}
          title={STAGES[stage.stage] ?? inWords(stage.stage)}
          state={inWords(stage.state)}
          at={stage.at}
          detail={stage.detail}
        />
      ))}
      {receipt.deliveries.map((delivery) => (
        <Stage
          key={delivery.connectionId}
          tone={TONES[delivery.state] ?? "idle"}
          title={
            <Link to="/destinations/$destinationId" params={{ destinationId: delivery.destinationId }}>
              {nameOf(delivery.destinationId)}
            </Link>
          }
          state={inWords(delivery.state)}
          at={delivery.at}
          detail={deliveryDetail(delivery)}
        >
          {delivery.exchange ? (
            <Exchange exchange={delivery.exchange} />
          ) : null}
        </Stage>
      ))}
      {receipt.deliveries.length === 0 ? <li className={classes.detail}>No destination was connected to the source.</li> : null}
    </ol>
  );
}

function deliveryDetail({ reason, attempts }: ReceiptDelivery): string | undefined {
  const parts = [
    reason ? reasonInWords(reason) : undefined,
    typeof attempts === "number" && attempts > 1 ? plural(attempts, "attempt") : undefined,
  ];
  const text = parts.filter(Boolean).join(" · ");
  return text === "" ? undefined : text;
}

interface StageProps {
  tone: StateTone;
  title: ReactNode;
  state: string;
  at?: string | null | undefined;
  detail?: string | null | undefined;
  children?: ReactNode;
}

function Stage({ tone, title, state, at, detail, children }: StageProps) {
  return (
    <li className={classes.stage}>
      <span className={classes.stageMark} data-tone={tone} aria-hidden />
      <div className={classes.stageHead}>
        <strong>{title}</strong>
        <span>{state}</span>
        {at ? (
          <span className={classes.stageTime}>
            <RelativeTime at={at} />
          </span>
        ) : null}
      </div>
      {detail ? <p className={classes.detail}>{detail}</p> : null}
      {children}
    </li>
  );
}
