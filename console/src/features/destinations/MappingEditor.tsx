import { Alert, Button, Textarea, TextInput } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import type { FormEvent } from "react";
import { isApiError, messageOf } from "../../api/errors";
import type { Destination } from "../../api/queries/destinations";
import {
  type Action,
  type ActionField,
  type Mapping,
  type Subscription,
  useDeleteSubscription,
  useUpdateSubscription,
} from "../../api/queries/subscriptions";
import { useCan } from "../../api/session";
import { notifyDone, notifyFailed } from "../../components/notify";
import { useConfirm } from "../../components/useConfirm";
import { textOf, valueOf } from "./mapping";
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
  const [texts, setTexts] = useState<Record<string, string>>({});
  const update = useUpdateSubscription(destination.id, subscription.id);
  const canEdit = useCan("editor");
  const { mapping, problems } = read(action, subscription.settings, texts);
  const answered = isApiError(update.error) ? update.error.byField() : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(problems).length > 0) return;
    update.mutate({ name, trigger, settings: mapping }, { onSuccess: () => notifyDone("Saved") });
  };
  return (
    <div className={classes.editor}>
      <form onSubmit={submit} className={classes.form} noValidate>
        <Button
          variant="subtle"
          color="gray"
          leftSection={<ArrowLeft size={14} aria-hidden />}
          onClick={onClose}
          style={{ alignSelf: "flex-start" }}
        >
          All mappings
        </Button>
        <p className={classes.words}>{action.description}</p>
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
          classNames={{ input: classes.code }}
          required
        />
        {action.fields
          .filter((field) => field.unsafe_hidden !== true)
          .map((field) => (
            <FieldInput
              key={field.key}
              field={field}
              text={texts[field.key] ?? textOf(subscription.settings[field.key])}
              problem={problems[field.key]}
              disabled={!canEdit}
              onChange={(text) => setTexts((old) => ({ ...old, [field.key]: text }))}
            />
          ))}
        {canEdit ? (
          <div className={classes.buttons}>
            <Button type="submit" loading={update.isPending}>
              Save mapping
            </Button>
            <Remove destination={destination} subscription={subscription} onGone={onClose} />
          </div>
        ) : null}
      </form>
      <MappingPreview destination={destination} actionId={action.slug} trigger={trigger} mapping={mapping} />
    </div>
  );
}

/** The mapping with what was typed; fields that do not read keep what they had. */
function read(action: Action, saved: Mapping, texts: Record<string, string>) {
  const mapping: Mapping = { ...saved };
  const problems: Record<string, string> = {};
  for (const [key, text] of Object.entries(texts)) {
    const type = action.fields.find((field) => field.key === key)?.type ?? "string";
    const result = valueOf(text, type);
    if ("problem" in result) problems[key] = result.problem;
    else if (result.value === undefined) delete mapping[key];
    else mapping[key] = result.value;
  }
  return { mapping, problems };
}

interface FieldProps {
  field: ActionField;
  text: string;
  problem: string | undefined;
  disabled: boolean;
  onChange: (text: string) => void;
}

function FieldInput({ field, text, problem, disabled, onChange }: FieldProps) {
  const choices = (field.choices ?? []).map((choice) => (typeof choice === "string" ? choice : choice.value));
  const hint = choices.length > 0 && choices.length <= 12 ? ` One of ${choices.join(", ")}.` : "";
  return (
    <Textarea
      label={field.label}
      description={`${field.description ?? ""}${hint}`}
      placeholder="$.properties.name, {{properties.name}}, text or JSON"
      value={text}
      disabled={disabled}
      error={problem}
      required={field.required === true}
      autosize
      maxRows={14}
      classNames={{ input: classes.code }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
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
