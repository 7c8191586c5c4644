// A searchable list behind a chip. Keyboard alone is enough: type, arrows, Enter, Escape.

import { Combobox, ScrollArea, useCombobox } from "@mantine/core";
import { Check } from "lucide-react";
import { useState, type ReactNode } from "react";
import { ChipButton } from "./Chip";
import classes from "./edit.module.css";
import { recent, remember } from "./recent";

export interface PickerOption {
  value: string;
  label: string;
  /** Right of it, such as how often it was seen. */
  side?: ReactNode;
  /** More words that find it. */
  words?: string | undefined;
  group?: string | undefined;
  /** Below the list while it is under the cursor. */
  detail?: ReactNode;
}

interface Props {
  /** What is chosen, such as "event". */
  what: string;
  label: string;
  shown: ReactNode;
  blank?: boolean;
  value: string | undefined;
  options: readonly PickerOption[];
  loading?: boolean;
  failed?: string | undefined;
  onChange: (value: string) => void;
  /** Called when the list opens. */
  onOpen?: () => void;
  target?: (open: () => void, isOpen: boolean) => ReactNode;
  /** Whether a text that is not in the list may be chosen. */
  free?: boolean;
}

const SHOWN_MAX = 150;

export function Picker(props: Props) {
  const { what, label, shown, blank = false, value, options, loading, failed, onChange, onOpen, target, free = false } = props;
  const [typed, setTyped] = useState("");
  const [under, setUnder] = useState<string>();
  const box = useCombobox({
    onDropdownClose: () => {
      box.resetSelectedOption();
      setTyped("");
      setUnder(undefined);
    },
    onDropdownOpen: () => {
      onOpen?.();
      box.focusSearchInput();
      box.updateSelectedOptionIndex("active");
    },
  });
  const found = matching(options, typed, recent(what));
  const detail = (found.find((option) => option.value === under) ?? found[0])?.detail;
  const choose = (chosen: string) => {
    remember(what, chosen);
    onChange(chosen);
    box.closeDropdown();
  };
  const open = () => box.toggleDropdown();
  return (
    <Combobox store={box} onOptionSubmit={choose} width={340} position="bottom-start" shadow="none" withinPortal>
      <Combobox.Target targetType="button" withAriaAttributes={false}>
        {target ? (
          <span style={{ display: "inline-flex" }}>{target(open, box.dropdownOpened)}</span>
        ) : (
          <ChipButton
            label={label}
            blank={blank}
            open={box.dropdownOpened}
            aria-haspopup="listbox"
            aria-expanded={box.dropdownOpened}
            onClick={open}
          >
            {shown}
          </ChipButton>
        )}
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={typed}
          aria-label={`Search ${what}`}
          placeholder={`Search ${what}`}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setUnder(undefined);
            box.updateSelectedOptionIndex("selected");
            queueMicrotask(() => box.selectFirstOption());
          }}
          onKeyUp={(event) => {
            // The list moves its cursor when the key goes down.
            if (event.key.startsWith("Arrow")) setUnder(found[box.getSelectedOptionIndex()]?.value);
          }}
        />
        <Combobox.Options aria-label={what}>
          <ScrollArea.Autosize mah={300} type="auto" viewportProps={{ tabIndex: 0 }}>
            {found.slice(0, SHOWN_MAX).map((option) => (
              <Combobox.Option
                key={option.value}
                value={option.value}
                active={option.value === value}
                onMouseEnter={() => setUnder(option.value)}
              >
                <div className={classes.option}>
                  <span title={option.label}>{option.label}</span>
                  <span className={classes.side}>{option.side}</span>
                  {option.value === value ? <Check size={13} aria-hidden /> : null}
                </div>
              </Combobox.Option>
            ))}
            {free && typed.trim() !== "" && !options.some((option) => option.value === typed.trim()) ? (
              <Combobox.Option value={typed.trim()}>
                <div className={classes.option}>
                  <span>{typed.trim()}</span>
                  <span className={classes.side}>not seen yet</span>
                </div>
              </Combobox.Option>
            ) : null}
            {found.length === 0 && !(free && typed.trim() !== "") ? (
              <Combobox.Empty>{failed ?? (loading ? "Reading what was seen" : "Nothing fits")}</Combobox.Empty>
            ) : null}
            {found.length > SHOWN_MAX ? (
              <Combobox.Empty>{`and ${found.length - SHOWN_MAX} more: search`}</Combobox.Empty>
            ) : null}
          </ScrollArea.Autosize>
        </Combobox.Options>
        {detail ? <div className={classes.samples}>{detail}</div> : null}
      </Combobox.Dropdown>
    </Combobox>
  );
}

/** All words typed must be in it; recently used first, then as they come. */
export function matching(options: readonly PickerOption[], typed: string, used: readonly string[]): PickerOption[] {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const fits = options.filter((option) => {
    const text = `${option.label} ${option.value} ${option.words ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const rank = (option: PickerOption) => {
    const at = used.indexOf(option.value);
    return at === -1 ? used.length : at;
  };
  return [...fits].sort((a, b) => rank(a) - rank(b));
}
