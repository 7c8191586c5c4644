// The editable words of the sentence: a button that opens what changes it.

import { Menu, Popover, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ChevronDown, Plus } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import classes from "./edit.module.css";

interface ChipButtonProps extends ComponentProps<"button"> {
  label: string;
  blank?: boolean;
  open?: boolean;
  children: ReactNode;
}

export function ChipButton({ label, blank = false, open = false, children, className, ...rest }: ChipButtonProps) {
  return (
    <UnstyledButton
      className={`${classes.chip} ${className ?? ""}`}
      aria-label={label}
      data-blank={blank || undefined}
      data-open={open || undefined}
      {...rest}
    >
      <span>{children}</span>
      <ChevronDown size={12} aria-hidden />
    </UnstyledButton>
  );
}

export function AddButton({ children, className, ...rest }: ComponentProps<"button">) {
  return (
    <UnstyledButton className={`${classes.add} ${className ?? ""}`} {...rest}>
      <Plus size={13} aria-hidden />
      {children}
    </UnstyledButton>
  );
}

export function Word({ children }: { children: ReactNode }) {
  return <span className={classes.word}>{children}</span>;
}

interface MenuChipProps<T extends string> {
  /** What it chooses, for screen readers. */
  what: string;
  value: T;
  options: readonly { value: T; label: string; disabled?: boolean }[];
  onChange: (value: T) => void;
  children?: ReactNode;
}

/** One of a few. */
export function MenuChip<T extends string>({ what, value, options, onChange, children }: MenuChipProps<T>) {
  const chosen = options.find((option) => option.value === value)?.label ?? value;
  return (
    <Menu position="bottom-start" shadow="none" withinPortal>
      <Menu.Target>
        <ChipButton label={`${what}: ${chosen}`}>{children ?? chosen}</ChipButton>
      </Menu.Target>
      <Menu.Dropdown>
        {options.map((option) => (
          <Menu.Item
            key={option.value}
            disabled={option.disabled}
            onClick={() => onChange(option.value)}
            fw={option.value === value ? 600 : undefined}
          >
            {option.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface PopChipProps {
  label: string;
  shown: ReactNode;
  blank?: boolean;
  width?: number;
  startOpen?: boolean;
  onClose?: () => void;
  children: (close: () => void) => ReactNode;
}

/** Anything that needs more than a menu. */
export function PopChip({ label, shown, blank = false, width = 300, startOpen = false, onClose, children }: PopChipProps) {
  const [opened, at] = useDisclosure(startOpen);
  const close = () => {
    at.close();
    onClose?.();
  };
  return (
    <Popover
      opened={opened}
      onChange={(open) => (open ? at.open() : close())}
      position="bottom-start"
      shadow="none"
      width={width}
      trapFocus
      returnFocus
      withinPortal
    >
      <Popover.Target>
        <ChipButton label={label} blank={blank} open={opened} onClick={() => (opened ? close() : at.open())}>
          {shown}
        </ChipButton>
      </Popover.Target>
      <Popover.Dropdown p={10}>{opened ? children(close) : null}</Popover.Dropdown>
    </Popover>
  );
}
