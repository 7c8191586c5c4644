// What became of everything that one connection received, how long it took, and what was wrong.

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { Exchange } from "../../components/Exchange";
import { PartsBar } from "../../components/PartsBar";
import { RelativeTime } from "../../components/RelativeTime";
import { formatDuration, formatNumber, plural } from "../../lib/format";
import { reasonInWords } from "../../lib/reasons";
import classes from "./destinations.module.css";

type Delivery = Schema<"DeliveryStatus">;

export function Account({ destinationId, delivery }: { destinationId: string; delivery: Delivery }) {
  const filtered = sum(delivery.filtered);
  return (
    <>
      <PartsBar
        parts={[
          { label: "Delivered", count: delivery.delivered, tone: "good" },
          { label: "Filtered", count: filtered, tone: "idle" },
          { label: "Waiting", count: delivery.waiting, tone: "warn" },
          { label: "Dead", count: delivery.dead + delivery.expired, tone: "bad" },
        ]}
      />
      <Figures delivery={delivery} filtered={filtered} />
      <Latency delivery={delivery} />
      {delivery.throttle ? <Throttled throttle={delivery.throttle} /> : null}
      <Causes title="Filtered" counts={delivery.filtered} />
      <Causes
        title="Dead"
        counts={delivery.deadByReason}
        more={
          <Link to="/destinations/$destinationId" params={{ destinationId }} search={{ tab: "dead" }}>
            Look at them and send them again
          </Link>
        }
      />
      <Warnings warnings={delivery.warnings} />
      {delivery.lastError ? <LastFailure failure={delivery.lastError} isShown={delivery.reason?.includes(delivery.lastError.message)} /> : null}
    </>
  );
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, one) => all + one, 0);

function Figures({ delivery, filtered }: { delivery: Delivery; filtered: number }) {
  const oldest = delivery.oldestWaitingMs;
  const figures: [label: string, value: string, tone?: "bad"][] = [
    ["Received", formatNumber(delivery.received)],
    ["Delivered", formatNumber(delivery.delivered)],
    ["Filtered", formatNumber(filtered)],
    ["Waiting", formatNumber(delivery.waiting)],
    delivery.dead > 0 ? ["Dead", formatNumber(delivery.dead), "bad"] : ["Dead", "0"],
    ...(delivery.expired > 0 ? [["Given up, no longer kept", formatNumber(delivery.expired)] as [string, string]] : []),
    ["Retries", formatNumber(delivery.retries)],
    ["Not yet read", formatNumber(delivery.behind)],
    ...(typeof oldest === "number" ? [["Oldest waits", formatDuration(oldest)] as [string, string]] : []),
  ];
  return <FigureList label="What became of the events" figures={figures} />;
}

function Latency({ delivery: { latency } }: { delivery: Delivery }) {
  // Nothing was delivered since the server started.
  if (latency.p99Ms === 0) return null;
  return (
    <div>
      <div className={classes.words}>From receipt until the peer took it, since the server started</div>
      <FigureList
        label="Latency"
        figures={[
          ["Half within (p50)", formatDuration(latency.p50Ms)],
          ["95 of 100 within (p95)", formatDuration(latency.p95Ms)],
          ["99 of 100 within (p99)", formatDuration(latency.p99Ms)],
        ]}
      />
    </div>
  );
}

function FigureList({ label, figures }: { label: string; figures: [label: string, value: string, tone?: "bad"][] }) {
  return (
    <dl className={classes.figures} aria-label={label}>
      {figures.map(([name, value, tone]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-tone={tone}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Throttled({ throttle }: { throttle: NonNullable<Delivery["throttle"]> }) {
  const parts = [
    typeof throttle.requestsPerSecond === "number" ? `${formatNumber(Number(throttle.requestsPerSecond.toPrecision(2)))} requests a second` : "",
    typeof throttle.requestsAtATime === "number" ? `${plural(throttle.requestsAtATime, "request")} at a time` : "",
  ].filter(Boolean);
  return (
    <p className={classes.reason}>
      The peer takes less than there is, so it gets {parts.length > 0 ? parts.join(", ") : "nothing for now"}
      {throttle.heldUntil ? (
        <>
          ; it asked to be left alone, and the next request goes out{" "}
          <RelativeTime at={throttle.heldUntil} />
        </>
      ) : null}
      .
    </p>
  );
}

function Causes({ title, counts, more }: { title: string; counts: Record<string, number>; more?: ReactNode }) {
  const causes = Object.entries(counts).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  if (causes.length === 0) return null;
  return (
    <div>
      <div className={classes.words}>{title}, by cause</div>
      <ul className={classes.causes}>
        {causes.map(([reason, count]) => (
          <li key={reason}>
            <strong>{formatNumber(count)}</strong> {reasonInWords(reason)} <code className={classes.words}>{reason}</code>
          </li>
        ))}
      </ul>
      {more}
    </div>
  );
}

function Warnings({ warnings }: { warnings: Delivery["warnings"] }) {
  if (warnings.length === 0) return null;
  return (
    <div>
      <div className={classes.words}>Delivered, but not quite as they came</div>
      <ul className={classes.causes}>
        {warnings.map(({ code, events, message }) => (
          <li key={code}>
            <strong>{formatNumber(events)}</strong> {message} <code className={classes.words}>{code}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

function LastFailure({ failure, isShown }: { failure: NonNullable<Delivery["lastError"]>; isShown: boolean | undefined }) {
  return (
    <div className={classes.lastError}>
      Last failure <RelativeTime at={failure.at} />
      {isShown ? null : (
        <>
          : <span className="mono">{failure.message}</span>
        </>
      )}
      {failure.exchange ? (
        <details>
          <summary>The request and the answer</summary>
          <Exchange exchange={failure.exchange} />
        </details>
      ) : null}
    </div>
  );
}
