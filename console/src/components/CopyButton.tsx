import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Check, Copy } from "lucide-react";
import type { MouseEvent } from "react";

interface Props {
  value: string;
  /** What is copied, such as "write key". */
  what: string;
}

export function CopyButton({ value, what }: Props) {
  const clipboard = useClipboard({ timeout: 1500 });
  const label = clipboard.copied ? "Copied" : `Copy ${what}`;
  const copy = (event: MouseEvent) => {
    event.stopPropagation();
    clipboard.copy(value);
  };
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size={24} aria-label={label} onClick={copy}>
        {clipboard.copied ? (
          <Check size={14} color="var(--sl-good)" aria-hidden />
        ) : (
          <Copy size={14} aria-hidden />
        )}
      </ActionIcon>
    </Tooltip>
  );
}
