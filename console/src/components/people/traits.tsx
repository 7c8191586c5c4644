// Which traits stand in lists of people: chosen once, for all lists of this browser.

import { Checkbox, Menu, Button } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { Columns3 } from "lucide-react";
import type { PersonSummary } from "../../api/queries/people";
import type { Column } from "../DataTable";

const CHOSEN_MAX = 5;

export function useShownTraits() {
  const [shown, set] = useLocalStorage<string[]>({ key: "sluice.people.traits", defaultValue: ["email", "plan", "country"] });
  const toggle = (name: string) =>
    set(shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name].slice(-CHOSEN_MAX));
  return { shown, toggle };
}

/** A trait as text; absent where there is none. */
export function traitText(traits: unknown, name: string): string | undefined {
  const value = (traits as Record<string, unknown> | null)?.[name];
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Columns of the chosen traits that anybody in the list has. */
export function traitColumns<Row>(
  shown: readonly string[],
  rows: readonly Row[],
  of: (row: Row) => Pick<PersonSummary, "traits"> | undefined,
): Column<Row>[] {
  const text = (row: Row, name: string) => traitText(of(row)?.traits, name);
  return shown
    .filter((name) => rows.some((row) => text(row, name) !== undefined))
    .map((name) => ({
      key: `trait:${name}`,
      title: name,
      cell: (row) => text(row, name) ?? <span style={{ color: "var(--sl-muted)" }} aria-label="none">–</span>,
      sort: (row) => text(row, name),
    }));
}

interface Props {
  shown: readonly string[];
  names: readonly string[];
  onToggle: (name: string) => void;
}

export function TraitsMenu({ shown, names, onToggle }: Props) {
  const all = [...new Set([...shown, ...names])].sort();
  return (
    <Menu closeOnItemClick={false} position="bottom-end" shadow="none" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<Columns3 size={14} aria-hidden />}>
          Traits
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        <Menu.Label>Shown in lists of people, at most {CHOSEN_MAX}</Menu.Label>
        {all.map((name) => (
          <Menu.Item key={name} onClick={() => onToggle(name)} aria-checked={shown.includes(name)} role="menuitemcheckbox">
            <Checkbox label={name} checked={shown.includes(name)} readOnly tabIndex={-1} size="xs" style={{ pointerEvents: "none" }} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
