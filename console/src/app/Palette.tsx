// Ctrl/Cmd K: every place and everything with a name of its own, people by search, and the common acts.

import { Combobox, Modal, TextInput, useCombobox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChartSpline, CircleQuestionMark, LayoutDashboard, Plug, Plus, Search, Send, Users, UsersRound } from "lucide-react";
import { useMemo, useState } from "react";
import { cohortsQuery } from "../api/queries/cohorts";
import { dashboardsQuery } from "../api/queries/dashboards";
import { destinationsQuery } from "../api/queries/destinations";
import { insightsQuery } from "../api/queries/insights";
import { sourcesQuery } from "../api/queries/sources";
import { useCan } from "../api/session";
import { queryToUrl } from "../features/insights/model";
import { templates } from "../features/insights/templates";
import { useSeen } from "../features/insights/useSeen";
import { NAV } from "./nav";
import { findTargets, type Target } from "./palette";
import classes from "./Rail.module.css";

const PLACES: Target[] = NAV.flatMap((group) =>
  group.places.map(({ label, to, icon, words }) => ({
    key: to,
    label,
    icon,
    words,
    group: group.label ?? "",
    link: { to },
  })),
);

const ACTS: Target[] = [
  { key: "new source", label: "Create source", group: "Act", icon: Plus, link: { to: "/sources/new" } },
  { key: "new destination", label: "Add destination", group: "Act", icon: Plus, link: { to: "/destinations/new" } },
  { key: "new insight", label: "New insight", group: "Act", icon: Plus, link: { to: "/insights/new" } },
  { key: "new cohort", label: "New cohort", group: "Act", icon: Plus, link: { to: "/cohorts/new" } },
];

export function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const combobox = useCombobox({ opened: true });
  const targets = useTargets(typed);
  const found = findTargets(targets, typed);
  const go = (key: string) => {
    const target = targets.find((one) => one.key === key);
    onClose();
    if (target) void navigate(target.link);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title="Go to"
      styles={{ header: { display: "none" } }}
      padding={8}
      size={520}
      yOffset="12vh"
      centered={false}
    >
      <Combobox store={combobox} onOptionSubmit={go}>
        <Combobox.EventsTarget>
          <TextInput
            data-autofocus
            variant="unstyled"
            size="md"
            aria-label="Go to"
            placeholder="Go to…"
            leftSection={<Search size={16} aria-hidden />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              combobox.selectFirstOption();
            }}
            onFocus={() => combobox.selectFirstOption()}
          />
        </Combobox.EventsTarget>
        <Combobox.Options mah={360} style={{ overflowY: "auto" }}>
          {found.map(({ key, label, group, icon: Icon }) => (
            <Combobox.Option key={key} value={key}>
              <span className={classes.target}>
                <Icon size={16} strokeWidth={1.75} aria-hidden />
                <span className={classes.name}>{label}</span>
                <span className={classes.kind}>{group}</span>
              </span>
            </Combobox.Option>
          ))}
          {found.length === 0 ? <Combobox.Empty>Nothing is called that</Combobox.Empty> : null}
        </Combobox.Options>
      </Combobox>
    </Modal>
  );
}

/** What has a name of its own, besides the places. */
function useTargets(typed: string): Target[] {
  const sources = useQuery(sourcesQuery).data;
  const destinations = useQuery(destinationsQuery).data;
  const insights = useQuery(insightsQuery).data;
  const dashboards = useQuery(dashboardsQuery).data;
  const cohorts = useQuery(cohortsQuery).data;
  const seen = useSeen();
  const canEdit = useCan("editor");
  const named = useMemo((): Target[] => {
    const of = (group: string, icon: Target["icon"], id: string, label: string, link: Target["link"], words?: string) => ({
      key: `${group} ${id}`, label, group, words, icon, link,
    });
    return [
      ...(sources ?? []).map(({ id, name, slug }) =>
        of("Source", Plug, id, name, { to: "/sources/$sourceId", params: { sourceId: id } }, slug),
      ),
      ...(destinations ?? []).map(({ id, name, metadata }) =>
        of("Destination", Send, id, name, { to: "/destinations/$destinationId", params: { destinationId: id } }, metadata.name),
      ),
      ...(insights ?? []).map(({ id, name }) =>
        of("Insight", ChartSpline, id, name, { to: "/insights/$insightId", params: { insightId: id } }),
      ),
      ...(dashboards ?? []).map(({ id, name }) =>
        of("Dashboard", LayoutDashboard, id, name, { to: "/dashboards/$dashboardId", params: { dashboardId: id } }),
      ),
      ...(cohorts ?? []).map(({ id, name }) => of("Cohort", UsersRound, id, name, { to: "/cohorts/$cohortId", params: { cohortId: id } })),
      ...templates(seen).map(({ question, about, query, chart }) =>
        of("Question", CircleQuestionMark, question, question, { to: "/insights/new", search: { q: queryToUrl(query), chart } as never }, about),
      ),
    ];
  }, [sources, destinations, insights, dashboards, cohorts, seen]);
  const person: Target[] =
    typed.trim() === ""
      ? []
      : [{ key: "person", label: `Search people for “${typed.trim()}”`, group: "People", words: typed, icon: Users, link: { to: "/people", search: { q: typed.trim() } } }];
  return [...PLACES, ...(canEdit ? ACTS : []), ...named, ...person];
}
