import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { messageOf } from "../../api/errors";
import { useUndoMerge, type Person } from "../../api/queries/people";
import { useCan } from "../../api/session";
import { RelativeTime } from "../../components/RelativeTime";
import { Box } from "./Box";
import classes from "./people.module.css";

type Merge = Person["merges"][number];

/** How this person was put together from several, each step with its undo. */
export function Merges({ person }: { person: Person }) {
  return (
    <Box id="merges" title="Merges" brief={person.merges.length === 0 ? "none" : String(person.merges.length)}>
      {person.merges.length === 0 ? (
        <div className={classes.muted}>
          Nobody was merged into this person. An event with ids of two people merges them.
        </div>
      ) : (
        person.merges.map((merge) => <MergeRow key={merge.id} person={person} merge={merge} />)
      )}
    </Box>
  );
}

function MergeRow({ person, merge }: { person: Person; merge: Merge }) {
  const may = useCan("editor");
  const [asking, ask] = useDisclosure(false);
  const undo = useUndoMerge(person.id);
  const taken = person.externalIds.filter((id) => id.node === merge.absorbed);
  const who = taken[0] ? `${taken[0].type} ${taken[0].value}` : `person ${merge.absorbed}`;
  const confirm = () =>
    undo.mutate(merge.id, {
      onSuccess: () => {
        ask.close();
        notifications.show({ color: "green", title: "The merge is undone", message: `Person ${merge.absorbed} stands alone again.` });
      },
      onError: (error) => notifications.show({ color: "red", title: "Not undone", message: messageOf(error) }),
    });
  return (
    <div className={classes.merge}>
      <div>
        <div style={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }} title={who}>
          <span className="mono">{who}</span>
        </div>
        <div className={classes.muted}>
          became part of this person <RelativeTime at={merge.at} />
          {merge.undoneAt ? <>, undone <RelativeTime at={merge.undoneAt} /></> : null}
        </div>
      </div>
      {may && !merge.undoneAt ? (
        <Button size="compact-sm" variant="default" onClick={ask.open} aria-label={`Undo the merge of ${who}`}>
          Undo
        </Button>
      ) : null}
      <Modal opened={asking} onClose={ask.close} title="Undo this merge?" closeButtonProps={{ "aria-label": "Close" }}>
        <p style={{ margin: "0 0 16px" }}>
          {taken.length === 1 ? "This identifier becomes a person of its own: " : `These ${taken.length} identifiers become a person of their own: `}
          <span className="mono">{taken.map((id) => id.value).join(", ") || `person ${merge.absorbed}`}</span>. Its events and traits go with
          it, also in charts of the past, and the two are not merged again.
        </p>
        <div style={{ display: "flex", justifyContent: "end", gap: 8 }}>
          <Button variant="default" onClick={ask.close}>Leave it</Button>
          <Button color="red" loading={undo.isPending} onClick={confirm}>Undo merge</Button>
        </div>
      </Modal>
    </div>
  );
}
