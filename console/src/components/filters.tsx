// The row of filters under a title. Each is bound to one parameter of the URL by its page.

import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search, X } from "lucide-react";
import { useState } from "react";

interface TextFilterProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  placeholder?: string;
  width?: number;
}

/** Free text; the URL follows 200 ms after the last key. */
export function TextFilter({ label, value, onChange, placeholder, width = 220 }: TextFilterProps) {
  const [typed, setTyped] = useState(value ?? "");
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    // The URL changed from elsewhere (back, clear): it wins.
    setSeen(value);
    if ((value ?? "") !== typed.trim()) setTyped(value ?? "");
  }
  const tell = useDebouncedCallback((text: string) => {
    onChange(text.trim() === "" ? undefined : text.trim());
  }, 200);
  return (
    <TextInput
      aria-label={label}
      placeholder={placeholder ?? label}
      value={typed}
      w={width}
      leftSection={<Search size={14} aria-hidden />}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
    />
  );
}

interface SelectFilterProps<T extends string> {
  label: string;
  value: T | undefined;
  options: readonly { value: T; label: string }[];
  onChange: (value: T | undefined) => void;
  width?: number;
}

export function SelectFilter<T extends string>(props: SelectFilterProps<T>) {
  const { label, value, options, onChange, width = 160 } = props;
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={options.map((option) => ({ ...option }))}
      value={value ?? null}
      w={width}
      clearable
      searchable={options.length > 8}
      nothingFoundMessage="Nothing fits"
      onChange={(chosen) =>
        onChange(options.find((option) => option.value === chosen)?.value)
      }
    />
  );
}

/** Shown while any filter is set. */
export function ClearFilters({ active, onClear }: { active: boolean; onClear: () => void }) {
  if (!active) return null;
  return (
    <Button
      variant="subtle"
      color="gray"
      leftSection={<X size={14} aria-hidden />}
      onClick={onClear}
      style={{ flex: "none" }}
    >
      Clear filters
    </Button>
  );
}
