import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { type Source, useAddWriteKey, useRevokeWriteKey } from "../../api/queries/sources";
import { useCan } from "../../api/session";
import { Id } from "../../components/Id";
import { notifyFailed } from "../../components/notify";
import { useConfirm } from "../../components/useConfirm";
import classes from "./sources.module.css";

export function WriteKeys({ source }: { source: Source }) {
  const add = useAddWriteKey(source.id);
  const revoke = useRevokeWriteKey(source.id);
  const canEdit = useCan("editor");
  const [dialog, ask] = useConfirm();
  const askRevoke = (key: string) =>
    ask({
      title: "Revoke the write key?",
      words: "Whatever sends with it is turned away at once and for ever.",
      verb: "Revoke key",
      act: () => revoke.mutate(key, { onError: (error) => notifyFailed("The key was not revoked", error) }),
    });
  return (
    <section className={`panel ${classes.box}`} aria-label="Write keys">
      <h2 className={classes.boxTitle}>{source.writeKeys.length > 1 ? "Write keys" : "Write key"}</h2>
      <ul className={classes.keys}>
        {source.writeKeys.map((key) => (
          <li key={key}>
            <Id value={key} what="write key" />
            {canEdit && source.writeKeys.length > 1 ? (
              <Tooltip label="Revoke key">
                <ActionIcon variant="subtle" color="gray" aria-label="Revoke key" onClick={() => askRevoke(key)}>
                  <Trash2 size={14} aria-hidden />
                </ActionIcon>
              </Tooltip>
            ) : null}
          </li>
        ))}
      </ul>
      {canEdit ? (
        <Button
          size="compact-sm"
          variant="default"
          loading={add.isPending}
          onClick={() => add.mutate(undefined, { onError: (error) => notifyFailed("No key was added", error) })}
        >
          Add key
        </Button>
      ) : null}
      {dialog}
    </section>
  );
}
