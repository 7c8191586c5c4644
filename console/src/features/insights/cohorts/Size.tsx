// How many people belong to a cohort.

import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { messageOf } from "../../../api/errors";
import { cohortSizeQuery, previewQuery, type CohortDefinition, type CohortSize } from "../../../api/queries/cohorts";
import { formatNumber, formatPercent } from "../../../lib/format";
import { isSame } from "../model";
import { useSettled } from "../useAnswer";

/** Of a saved cohort, in a table. */
export function SavedSize({ cohortId }: { cohortId: string }) {
  const size = useQuery(cohortSizeQuery(cohortId));
  if (size.isPending) return <Skeleton height={14} width={50} style={{ display: "inline-block" }} />;
  if (size.isError) return <span title={messageOf(size.error)}>unknown</span>;
  return <span title={ofWords(size.data)}>{formatNumber(size.data.people)}</span>;
}

/** Of what is being built: counted anew after each change. */
export function LiveSize({ definition }: { definition: CohortDefinition }) {
  const settled = useSettled(definition, isSame);
  const size = useQuery(previewQuery(settled));
  if (size.isError) return <Text c="red">{messageOf(size.error)}</Text>;
  if (!size.data) return <Skeleton height={32} width={160} />;
  const isOld = size.isFetching || !isSame(definition, settled);
  return (
    <div aria-live="polite" style={{ opacity: isOld ? 0.45 : 1, transition: "opacity 120ms" }}>
      <div style={{ fontSize: 28, fontWeight: 600, lineHeight: "36px", fontVariantNumeric: "tabular-nums" }}>
        {formatNumber(size.data.people)} <span style={{ fontSize: 14, fontWeight: 400 }}>{size.data.people === 1 ? "person" : "people"} now</span>
      </div>
      <Text c="dimmed" fz={12}>
        {ofWords(size.data)}; {formatNumber(size.data.explain.rows_scanned)} events looked at in {size.data.explain.milliseconds.toFixed(1)} ms
      </Text>
    </div>
  );
}

function ofWords(size: CohortSize): string {
  return size.of === 0 ? "of nobody" : `${formatPercent(size.people / size.of)} of ${formatNumber(size.of)} people`;
}
