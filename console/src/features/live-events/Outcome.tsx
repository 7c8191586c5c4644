import { Anchor } from "@mantine/core";
import type { Receipt } from "../../api/queries/liveEvents";
import { StateDot } from "../../components/StateDot";
import { reasonInWords } from "../../lib/reasons";
import classes from "./live.module.css";

const WORDS = {
  accepted: { tone: "good", title: "Accepted", words: undefined },
  waiting: { tone: "warn", title: "Waiting", words: "It is on disk; the pipeline has not looked at it yet." },
  duplicate: {
    tone: "idle",
    title: "Duplicate",
    words: "An event with this message id was accepted before, so this one counts nowhere.",
  },
  refused: { tone: "bad", title: "Refused", words: undefined },
} as const;

interface Props {
  receipt: Receipt;
  onOpen: (receivedOffset: string) => void;
}

/** What became of the event, in words. */
export function Outcome({ receipt, onOpen }: Props) {
  const { outcome } = receipt;
  const { tone, title, words } = WORDS[outcome.state];
  const refused = outcome.state === "refused" ? reasonInWords(outcome.reason) : undefined;
  const first = outcome.state === "duplicate" ? outcome.firstReceivedOffset : null;
  return (
    <div className={classes.outcome} data-state={outcome.state}>
      <StateDot tone={tone}>
        <strong>{title}</strong>
      </StateDot>
      {outcome.state === "accepted" ? null : (
        <p className={classes.outcomeWords}>
          {receipt.explanation || (refused ?? words)}{" "}
          {first === undefined || first === null ? null : (
            <Anchor component="button" type="button" fz="sm" onClick={() => onOpen(String(first))}>
              Show the first
            </Anchor>
          )}
        </p>
      )}
    </div>
  );
}
