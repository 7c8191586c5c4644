// The one dialog for a few fields: it focuses the first, shows what the server says at its field, and
// can show a result that is seen only once.

import { Alert, Button, Modal, TextInput } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { isApiError, messageOf } from "../api/errors";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** A plain verb, such as "Create token". */
  verb: string;
  busy: boolean;
  error?: unknown;
  /** Gives the fields, with what is wrong with each by its name. */
  fields: (problems: Record<string, string>) => ReactNode;
  onSubmit: (values: FormData) => void;
  /** In place of the form once it has done its work. */
  result?: ReactNode;
}

export function FormDialog(props: Props) {
  const { opened, onClose, title, result } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      {result ? (
        <div style={{ display: "grid", gap: 12 }}>
          {result}
          <Buttons>
            <Button onClick={onClose}>Done</Button>
          </Buttons>
        </div>
      ) : (
        <Fields {...props} />
      )}
    </Modal>
  );
}

function Fields({ verb, busy, error, fields, onSubmit, onClose }: Props) {
  const problems = isApiError(error) ? error.byField() : {};
  const atFields = Object.keys(problems).some((field) => field !== "");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(new FormData(event.currentTarget));
  };
  return (
    <form style={{ display: "grid", gap: 12 }} onSubmit={submit}>
      {error && !atFields ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(error)}
        </Alert>
      ) : null}
      {fields(problems)}
      <Buttons>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          {verb}
        </Button>
      </Buttons>
    </form>
  );
}

function Buttons({ children }: { children: ReactNode }) {
  return <div style={{ display: "flex", justifyContent: "flex-end", gap: 8 }}>{children}</div>;
}

interface NameProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  verb: string;
  initial: string;
  busy: boolean;
  error?: unknown;
  onName: (name: string) => void;
}

/** The dialog whose only field is a name. */
export function NameDialog({ initial, onName, ...dialog }: NameProps) {
  return (
    <FormDialog
      {...dialog}
      onSubmit={(values) => {
        const name = String(values.get("name")).trim();
        if (name !== "") onName(name);
      }}
      fields={(problems) => (
        <TextInput name="name" label="Name" defaultValue={initial} maxLength={200} error={problems["name"]} required data-autofocus />
      )}
    />
  );
}
