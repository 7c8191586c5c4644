import { Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type VolumeDay, volumeQuery } from "../../api/queries/volume";
import { QueryView } from "../../components/QueryView";
import { BlockSkeleton } from "../../components/Skeletons";
import { formatCompact, formatNumber, plural } from "../../lib/format";
import { dateWords } from "../../lib/time";
import { useTimeZone } from "../../lib/timeZone";
import classes from "./home.module.css";

const DAYS = 30;

export function VolumePanel() {
  const volume = useQuery(volumeQuery(DAYS));
  const timeZone = useTimeZone();
  return (
    <section aria-label="Volume">
      <h2 className={classes.heading}>
        Accepted per day <span className={classes.from}>by when they happened, {timeZone}</span>
      </h2>
      <div className={`panel ${classes.volume}`}>
        <QueryView
          query={volume}
          failed="The volume could not be counted"
          loading={<BlockSkeleton height={132} />}
        >
          {(days) => <Bars days={days} />}
        </QueryView>
      </div>
    </section>
  );
}

function Bars({ days }: { days: VolumeDay[] }) {
  const most = Math.max(...days.map((day) => day.count), 1);
  const total = days.reduce((sum, day) => sum + day.count, 0);
  return (
    <>
      <div className={classes.chart}>
        <span className={classes.most} aria-hidden>
          {formatCompact(most)}
        </span>
        <div className={classes.bars} role="img" aria-label={`${plural(total, "event")} in ${days.length} days`}>
          {days.map((day) => (
            <Tooltip
              key={day.label}
              openDelay={0}
              label={`${dateWords(day.label)}: ${formatNumber(day.count)}${day.partial ? " so far" : ""}`}
            >
              <div className={classes.slot}>
                <div
                  className={classes.day}
                  data-partial={day.partial || undefined}
                  style={{ height: `${(day.count / most) * 100}%` }}
                />
              </div>
            </Tooltip>
          ))}
        </div>
      </div>
      <div className={classes.axis} aria-hidden>
        {[days[0], days[Math.floor(days.length / 2)], days.at(-1)].map((day, at) => (
          <span key={at}>{day ? dateWords(day.label) : ""}</span>
        ))}
      </div>
      <table className="visually-hidden">
        <caption>Accepted events per day</caption>
        <tbody>
          {days.map((day) => (
            <tr key={day.label}>
              <th scope="row">{dateWords(day.label)}</th>
              <td>{formatNumber(day.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
