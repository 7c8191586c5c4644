import { UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useHealth } from "../api/queries/health";
import { StateDot } from "../components/StateDot";
import { NAV } from "./nav";
import classes from "./Rail.module.css";
import { UserMenu } from "./UserMenu";
import { WorkspaceSwitch } from "./WorkspaceSwitch";

const isMac = navigator.userAgent.includes("Mac");

export function Rail({ onPalette }: { onPalette: () => void }) {
  const health = useHealth();
  return (
    <div className={classes.rail}>
      <WorkspaceSwitch />
      <UnstyledButton className={classes.search} onClick={onPalette}>
        <Search size={14} aria-hidden />
        <span>Go to…</span>
        <kbd className={classes.key}>{isMac ? "⌘K" : "Ctrl K"}</kbd>
      </UnstyledButton>
      <nav className={classes.nav} aria-label="Places">
        {NAV.map((group) => (
          <div key={group.label ?? "top"} className={classes.group}>
            {group.label ? <div className={classes.label}>{group.label}</div> : null}
            {group.places.map(({ label, to, icon: Icon }) => (
              <Link
                key={to}
                to={to}
                className={classes.place}
                activeOptions={{ exact: to === "/", includeSearch: false }}
                activeProps={{ "data-active": true }}
              >
                <Icon size={16} strokeWidth={1.75} aria-hidden />
                {label}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className={classes.foot}>
        <Link to="/health" className={classes.health}>
          <StateDot tone={health.tone}>{health.words}</StateDot>
        </Link>
        <UserMenu />
      </div>
    </div>
  );
}
