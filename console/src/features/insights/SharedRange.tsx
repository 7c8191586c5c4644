// A range of dates for several insights at once.

import { Button } from "@mantine/core";
import { X } from "lucide-react";
import { PopChip } from "./edit/Chip";
import { RangeForm } from "./edit/Common";
import type { Range } from "./model";
import { rangeWords } from "./range";

interface Props {
  value: Range | undefined;
  /** Null: each keeps its own. */
  onChange: (value: Range | null) => void;
}

export function SharedRange({ value, onChange }: Props) {
  const words = value ? rangeWords(value) : "each its own range";
  return (
    <span style={{ display: "inline-flex", gap: 6, alignItems: "center", flex: "none" }}>
      <PopChip label={`Range of dates of all: ${words}. Change`} shown={words} width={330}>
        {(close) => (
          <RangeForm
            value={value ?? { last_days: 30 }}
            onChange={(range) => {
              close();
              onChange(range);
            }}
          />
        )}
      </PopChip>
      {value ? (
        <Button size="compact-sm" variant="subtle" color="gray" leftSection={<X size={13} aria-hidden />} onClick={() => onChange(null)}>
          Each its own
        </Button>
      ) : null}
    </span>
  );
}
