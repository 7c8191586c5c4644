// A text on a dashboard: a heading, or what one should know about the charts.

import { ActionIcon, Menu, Textarea } from "@mantine/core";
import { Ellipsis } from "lucide-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import type { DashboardItem } from "../../api/queries/dashboards";
import { FormDialog } from "../../components/FormDialog";
import classes from "./dashboards.module.css";
import { rewrite } from "./model";

/** Only a dashboard with a text needs it. */
const Markdown = lazy(() => import("../../components/Markdown").then((found) => ({ default: found.Markdown })));

const TEXT_CHARS_MAX = 5_000;

interface Props {
  items: DashboardItem[];
  index: number;
  may: boolean;
  /** What its menu offers about its place. */
  menu: ReactNode;
  onPut: (items: DashboardItem[]) => void;
}

export function TextCard({ items, index, may, menu, onPut }: Props) {
  const [editing, setEditing] = useState(false);
  const text = items[index]?.text ?? "";
  return (
    <section className={classes.text} aria-label="Text">
      <Suspense fallback={null}>
        <Markdown text={text} />
      </Suspense>
      {may ? (
        <Menu position="bottom-end" shadow="none" withinPortal>
          <Menu.Target>
            <ActionIcon className={classes.textMenu} variant="subtle" color="gray" size={24} aria-label="Actions for the text">
              <Ellipsis size={15} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setEditing(true)}>Edit the text</Menu.Item>
            <Menu.Divider />
            {menu}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      <TextDialog
        opened={editing}
        onClose={() => setEditing(false)}
        title="Edit the text"
        verb="Save"
        initial={text}
        onText={(to) => {
          setEditing(false);
          onPut(rewrite(items, index, to));
        }}
      />
    </section>
  );
}

interface DialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  verb: string;
  initial: string;
  onText: (text: string) => void;
}

export function TextDialog({ initial, onText, ...dialog }: DialogProps) {
  return (
    <FormDialog
      {...dialog}
      busy={false}
      onSubmit={(values) => {
        const text = String(values.get("text")).trim();
        if (text !== "") onText(text);
      }}
      fields={() => (
        <Textarea
          name="text"
          label="Text"
          description="Markdown: # heading, **strong**, lists, [links](https://…)"
          defaultValue={initial}
          maxLength={TEXT_CHARS_MAX}
          autosize
          minRows={4}
          maxRows={16}
          required
          data-autofocus
        />
      )}
    />
  );
}
