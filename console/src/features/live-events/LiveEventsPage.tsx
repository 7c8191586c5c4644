import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { EVENT_TYPES, LIVE_STATES, type LiveFilter } from "../../api/queries/liveEvents";
import { sourcesQuery } from "../../api/queries/sources";
import { ClearFilters, SelectFilter, TextFilter } from "../../components/filters";
import { Page } from "../../components/Page";
import { inWords } from "../../lib/format";
import { EventPanel } from "./EventPanel";
import { LiveList } from "./LiveList";

const route = getRouteApi("/shell/live-events");
const TYPES = EVENT_TYPES.map((value) => ({ value, label: value }));
const STATES = LIVE_STATES.map((value) => ({ value, label: inWords(value) }));

export function LiveEventsPage() {
  const { open, ...filter } = route.useSearch();
  const sources = useQuery(sourcesQuery).data ?? [];
  const navigate = useNavigate();
  const go = (search: LiveFilter & { open?: string | undefined }) =>
    void navigate({ to: "/live-events", search, replace: true, resetScroll: false });
  const set = (change: LiveFilter) => go({ ...filter, ...change, open });
  return (
    <Page
      title="What is coming in right now?"
      name="Live events"
      filters={
        <>
          <TextFilter label="Find in events" value={filter.q} onChange={(q) => set({ q })} />
          <SelectFilter label="Source" value={filter.sourceId} options={sources.map((source) => ({ value: source.id, label: source.name }))} onChange={(sourceId) => set({ sourceId })} />
          <SelectFilter label="Type" width={120} value={EVENT_TYPES.find((type) => type === filter.type)} options={TYPES} onChange={(type) => set({ type })} />
          <TextFilter label="Event name" width={160} value={filter.name} onChange={(name) => set({ name })} />
          <TextFilter label="Person or id" width={160} value={filter.person} onChange={(person) => set({ person })} />
          <SelectFilter label="State" width={130} value={filter.state} options={STATES} onChange={(state) => set({ state })} />
          <ClearFilters active={Object.keys(filter).length > 0} onClear={() => go({ open })} />
        </>
      }
    >
      <LiveList
        key={JSON.stringify(filter)}
        filter={filter}
        sources={sources}
        opened={open}
        onOpen={(offset) => go({ ...filter, open: offset })}
      />
      <EventPanel
        receivedOffset={open}
        sources={sources}
        onClose={() => go({ ...filter })}
        onOpen={(offset) => go({ ...filter, open: offset })}
      />
    </Page>
  );
}
