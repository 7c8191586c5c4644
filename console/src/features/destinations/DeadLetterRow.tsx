import { Button } from "@mantine/core";
import { useState } from "react";
import type { DeadLetter } from "../../api/queries/destinations";
import { Exchange } from "../../components/Exchange";
import { Facts } from "../../components/Facts";
import { Id } from "../../components/Id";
import { JsonView } from "../../components/JsonView";
import { RelativeTime } from "../../components/RelativeTime";
import { formatNumber } from "../../lib/format";
import { nameOfEvent } from "./deadLetters";
import classes from "./destinations.module.css";

interface Props {
  letter: DeadLetter;
  startOpen: boolean;
  onSend: (() => void) | undefined;
}

/** One event that was given up: why, with the last request and its answer. */
export function DeadLetterRow({ letter, startOpen, onSend }: Props) {
  const [opened, setOpened] = useState(startOpen);
  const name = nameOfEvent(letter.event) ?? letter.messageId;
  return (
    <li className={classes.letter}>
      <div className={classes.deadHead}>
        <button type="button" className={classes.letterName} aria-expanded={opened} onClick={() => setOpened(!opened)}>
          {name}
        </button>
        <span className={classes.words}>
          given up <RelativeTime at={letter.at} />
        </span>
        {onSend ? (
          <Button className={classes.right} variant="default" size="compact-sm" onClick={onSend}>
            Send again<span className="visually-hidden">: {name}</span>
          </Button>
        ) : null}
      </div>
      {opened ? (
        <div className={classes.sample}>
          <Facts
            items={[
              ["Message id", <Id key="id" value={letter.messageId} what="message id" />],
              ["Attempts", formatNumber(letter.attempts)],
              ["Why", letter.exchange ? undefined : letter.detail],
            ]}
          />
          {letter.exchange ? <Exchange exchange={letter.exchange} /> : null}
          {letter.event ? <JsonView value={letter.event} label="The event" maxHeight={320} /> : null}
        </div>
      ) : null}
    </li>
  );
}
