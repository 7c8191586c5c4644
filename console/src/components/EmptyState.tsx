import { Text } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./states.module.css";

interface Props {
  icon?: LucideIcon;
  /** One sentence: what will be here. */
  title: string;
  children?: ReactNode;
  /** The one thing to do. */
  action?: ReactNode;
}

export function EmptyState({ icon: Icon, title, children, action }: Props) {
  return (
    <div className={classes.state}>
      {Icon ? <Icon size={20} strokeWidth={1.5} aria-hidden className={classes.icon} /> : null}
      <Text fw={600} fz="md">
        {title}
      </Text>
      {children ? <div className={classes.words}>{children}</div> : null}
      {action ? <div className={classes.action}>{action}</div> : null}
    </div>
  );
}
