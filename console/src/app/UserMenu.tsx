import { Menu, SegmentedControl, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { EllipsisVertical, KeyRound, LogOut } from "lucide-react";
import { api, data } from "../api/client";
import { useSession } from "../api/session";
import classes from "./Rail.module.css";

export function UserMenu() {
  const { user } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: () => data(api.DELETE("/session")),
    onSuccess: () => window.location.assign("/sign-in"),
  });
  return (
    <Menu width={240} position="top-start">
      <Menu.Target>
        <UnstyledButton className={classes.who}>
          <span className={classes.round} aria-hidden>
            {(user.name || user.email).charAt(0).toUpperCase()}
          </span>
          <span className="visually-hidden">Account of</span>
          <span className={classes.name}>{user.name || user.email}</span>
          <EllipsisVertical size={14} color="var(--sl-muted)" aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.email}</Menu.Label>
        <div style={{ padding: "4px 8px 8px" }}>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label="Colours"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
            data={[
              { value: "auto", label: "System" },
              { value: "light", label: "Light" },
              { value: "dark", label: "Dark" },
            ]}
          />
        </div>
        <Menu.Divider />
        <Menu.Item
          leftSection={<KeyRound size={14} aria-hidden />}
          onClick={() => void navigate({ to: "/settings", search: { tab: "account" } })}
        >
          Change password
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={14} aria-hidden />} onClick={() => leave.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
