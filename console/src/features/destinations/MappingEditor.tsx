import { Alert, Button, Switch, Textarea, TextInput } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import type { FormEvent } from "react";
import { isApiError, messageOf } from "../../api/errors";
import type { Destination } from "../../api/queries/destinations";
import {
  type Action,
  type ActionField,
  type Subscription,
  useDeleteSubscription,
  useUpdateSubscription,
} from "../../api/queries/subscriptions";
import { useCan } from "../../api/session";
import { notifyDone, notifyFailed } from "../../components/notify";
import { useConfirm } from "../../components/useConfirm";
import { type Draft, draftOf, readMapping } from "./mapping";
import { MappingField } from "./MappingField";
import { MappingPreview } from "./MappingPreview";
import classes from "./mappings.module.css";

interface Props {
  destination: Destination;
  subscription: Subscription;
  action: Action;
  onClose: () => void;
}

/** Trigger and fields of one mapping, beside what they make of a real event. */
export function MappingEditor({ destination, subscription, action, onClose }: Props) {
  const [name, setName] = useState(subscription.name);
  const [trigger, setTrigger] = useState(subscription.trigger);
  const [drafts, setDrafts] = useState<Record<string, Draft>>({});
  const update = useUpdateSubscription(destination.id, subscription.id);
  const canEdit = useCan("editor");
  const { mapping, problems } = readMapping(action.fields, subscription.settings, drafts);
  const answered = isApiError(update.error) ? update.error.byField() : {};
  const isChanged =
    name !== subscription.name || trigger !== subscription.trigger || Object.keys(drafts).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(problems).length > 0) return;
    const done = { onSuccess: () => { setDrafts({}); notifyDone("Saved"); } };
    update.mutate({ name, trigger, settings: mapping }, done);
  };
  return (
    <div className={classes.list}>
      <Head destination={destination} subscription={subscription} action={action} isChanged={isChanged} onClose={onClose} />
      <div className={classes.editor}>
        <form onSubmit={submit} className={classes.form} noValidate>
          {update.isError ? (
            <Alert color="red" variant="light" role="alert">
              {messageOf(update.error)}
            </Alert>
          ) : null}
          <TextInput label="Name" value={name} disabled={!canEdit} onChange={(event) => setName(event.currentTarget.value)} error={answered["name"]} required />
          <Textarea
            label="Trigger"
            description={'Which events start the action, such as type = "track" and event = "Order Completed".'}
            value={trigger}
            disabled={!canEdit}
            onChange={(event) => setTrigger(event.currentTarget.value)}
            error={answered["trigger"]}
            autosize
            spellCheck={false}
            classNames={{ input: classes.code ?? "" }}
            required
          />
          <Fields
            fields={action.fields.filter((field) => field.unsafe_hidden !== true)}
            draftOf={(field) => drafts[field.key] ?? draftOf(subscription.settings[field.key], field)}
            isUsed={(field) => field.key in drafts || field.key in subscription.settings}
            problems={problems}
            disabled={!canEdit}
            onChange={(key, draft) => setDrafts((old) => ({ ...old, [key]: draft }))}
          />
          {canEdit ? (
            <div className={classes.buttons}>
              <Button type="submit" loading={update.isPending} disabled={!isChanged}>
                Save mapping
              </Button>
              <Remove destination={destination} subscription={subscription} onGone={onClose} />
            </div>
          ) : null}
        </form>
        <MappingPreview destination={destination} actionId={action.slug} trigger={trigger} mapping={mapping} isSaved={!isChanged && subscription.enabled} />
      </div>
    </div>
  );
}

interface HeadProps extends Props {
  isChanged: boolean;
}

function Head({ destination, subscription, action, isChanged, onClose }: HeadProps) {
  const update = useUpdateSubscription(destination.id, subscription.id);
  const canEdit = useCan("editor");
  const [dialog, ask] = useConfirm();
  const leave = () =>
    isChanged
      ? ask({ title: "Leave without saving?", words: "What you changed in this mapping is lost.", verb: "Leave", act: onClose })
      : onClose();
  return (
    <div className={classes.head}>
      <Button variant="subtle" color="gray" leftSection={<ArrowLeft size={14} aria-hidden />} onClick={leave}>
        All mappings
      </Button>
      <p className={classes.what}>
        <strong>{action.title}</strong> <span className={classes.words}>{action.description}</span>
      </p>
      <Switch
        label={subscription.enabled ? "On" : "Off: starts nothing"}
        aria-label={`${subscription.name} is on`}
        checked={subscription.enabled}
        disabled={!canEdit || update.isPending}
        onChange={(event) =>
          update.mutate(
            { enabled: event.currentTarget.checked },
            { onError: (error) => notifyFailed("Nothing was changed", error) },
          )
        }
      />
      {dialog}
    </div>
  );
}

interface FieldsProps {
  fields: ActionField[];
  draftOf: (field: ActionField) => Draft;
  isUsed: (field: ActionField) => boolean;
  problems: Record<string, string>;
  disabled: boolean;
  onChange: (key: string, draft: Draft) => void;
}

/** What is needed or filled comes first; the rest is a click away. */
function Fields({ fields, draftOf: draft, isUsed, problems, disabled, onChange }: FieldsProps) {
  const [opened, setOpened] = useState(false);
  // As they were when the editor was opened: a field does not move while one types in it.
  const [first] = useState(() => fields.filter((field) => field.required === true || isUsed(field)).map((one) => one.key));
  const more = fields.filter((field) => !first.includes(field.key));
  const shown = (field: ActionField) => (
    <MappingField
      key={field.key}
      field={field}
      draft={draft(field)}
      problem={problems[field.key]}
      disabled={disabled}
      onChange={(changed) => onChange(field.key, changed)}
    />
  );
  return (
    <>
      {fields.filter((field) => first.includes(field.key)).map(shown)}
      {more.length > 0 ? (
        <Button variant="default" aria-expanded={opened} onClick={() => setOpened(!opened)} style={{ alignSelf: "flex-start" }}>
          {opened ? "Hide" : "Show"} {more.length} more {more.length === 1 ? "field" : "fields"}
        </Button>
      ) : null}
      {opened ? more.map(shown) : null}
    </>
  );
}

interface RemoveProps {
  destination: Destination;
  subscription: Subscription;
  onGone: () => void;
}

function Remove({ destination, subscription, onGone }: RemoveProps) {
  const remove = useDeleteSubscription(destination.id, subscription.id);
  const [dialog, ask] = useConfirm();
  const act = () =>
    remove.mutate(undefined, {
      onSuccess: onGone,
      onError: (error) => notifyFailed("The mapping was not deleted", error),
    });
  return (
    <>
      <Button
        variant="default"
        c="var(--sl-bad)"
        onClick={() =>
          ask({
            title: `Delete ${subscription.name}?`,
            words: "Its trigger starts nothing any more. It cannot be restored.",
            verb: "Delete mapping",
            act,
          })
        }
      >
        Delete mapping
      </Button>
      {dialog}
    </>
  );
}
