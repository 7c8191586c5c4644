// A funnel as bars: what reached a step is full, what was lost since the step before is hatched.

import { useElementSize } from "@mantine/hooks";
import { useId } from "react";
import classes from "./charts.module.css";
import { colour } from "./palette";
import { useChartTheme } from "./theme";

export interface FunnelBar {
  key: string;
  /** The group, if there are several. */
  name?: string;
  slot: number;
  /** Per step: people, of one. */
  steps: FunnelBarStep[];
}

export interface FunnelBarStep {
  people: number;
  dropped: number;
  /** Of those who started and of those of the step before, 0 to 1. */
  fromStart: number | null;
  fromPrevious: number | null;
  /** Median time from the step before, in words. */
  median?: string | undefined;
}

interface Props {
  steps: readonly string[];
  bars: readonly FunnelBar[];
  /** What is counted, in the plural. */
  unit?: string;
  height: number;
  compact?: boolean;
  formatCount: (value: number) => string;
  formatShare: (part: number) => string;
  /** `step` from 0. `dropped` means those lost after it. */
  onPick?: ((bar: FunnelBar, step: number, dropped: boolean) => void) | undefined;
}

const STEP_MIN = 124;
/** On a phone a step may be as narrow, without what stands between two. */
const STEP_TIGHT = 68;
const PHONE_WIDTH = 480;
/** A bar of several must be as wide for its share above it. */
const SHARE_WIDTH = 34;

export function FunnelBars(props: Props) {
  const { steps, bars, unit = "people", height, compact = false, onPick, formatCount, formatShare } = props;
  const { ref, width } = useElementSize();
  const theme = useChartTheme();
  const hatch = useId();
  const isTight = !compact && width < PHONE_WIDTH;
  const [left, top, bottom] = compact ? [0, 4, 4] : [36, 34, isTight ? 58 : 44];
  const stepWidth = Math.max(
    compact ? 0 : isTight ? STEP_TIGHT : STEP_MIN,
    (Math.max(width, 120) - left) / Math.max(1, steps.length),
  );
  const full = left + stepWidth * steps.length;
  const plot = height - top - bottom;
  const y = (share: number) => top + plot * (1 - share);
  const gap = compact ? 4 : bars.length > 1 || isTight ? 16 : 44;
  const barWidth = Math.min(bars.length > 1 ? 64 : 140, (stepWidth - gap) / bars.length - 2);
  return (
    <div ref={ref} className={classes.funnel} data-chart style={{ minHeight: height }}>
      {width === 0 ? null : (
        <svg
          width={Math.floor(full)}
          height={height}
          role="group"
          aria-label="Funnel"
          fontFamily="inherit"
          fontSize={11}
        >
          <defs>
            {bars.map((bar, index) => (
              <pattern
                key={bar.key}
                id={`${hatch}${index}`}
                width={6}
                height={6}
                patternUnits="userSpaceOnUse"
                patternTransform="rotate(45)"
              >
                <rect width={6} height={6} fill={colour(bar.slot, theme.dark)} opacity={0.1} />
                <line x1={0} y1={0} x2={0} y2={6} stroke={colour(bar.slot, theme.dark)} strokeWidth={2} opacity={0.35} />
              </pattern>
            ))}
          </defs>
          {compact
            ? null
            : [0, 0.25, 0.5, 0.75, 1].map((share) => (
                <g key={share}>
                  <line x1={left} x2={full} y1={y(share)} y2={y(share)} stroke={share === 0 ? theme.lineStrong : theme.line} />
                  <text x={left - 6} y={y(share) + 4} textAnchor="end" fill={theme.muted}>
                    {share * 100}%
                  </text>
                </g>
              ))}
          {steps.map((label, step) => {
            const x0 = left + stepWidth * step;
            const group = bars.length * (barWidth + 2);
            return (
              <g key={step}>
                {bars.map((bar, index) => (
                  <Bar
                    key={bar.key}
                    bar={bar}
                    step={step}
                    label={label}
                    unit={unit}
                    x={x0 + (stepWidth - group) / 2 + index * (barWidth + 2)}
                    width={barWidth}
                    y={y}
                    fill={colour(bar.slot, theme.dark)}
                    ink={!compact && bars.length > 1 && barWidth >= SHARE_WIDTH ? theme : undefined}
                    hatch={`url(#${hatch}${index})`}
                    onPick={onPick}
                    formatCount={formatCount}
                    formatShare={formatShare}
                  />
                ))}
                {compact ? null : (
                  <StepText {...{ label, step, bars, unit, isTight, x: x0, width: stepWidth, height, top, formatCount, formatShare }} theme={theme} />
                )}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

interface BarProps {
  bar: FunnelBar;
  step: number;
  label: string;
  unit: string;
  x: number;
  width: number;
  y: (share: number) => number;
  fill: string;
  /** Writes the share above the bar: of one among several. */
  ink: ReturnType<typeof useChartTheme> | undefined;
  hatch: string;
  onPick: Props["onPick"];
  formatCount: Props["formatCount"];
  formatShare: Props["formatShare"];
}

function Bar({ bar, step, label, unit, x, width, y, fill, ink, hatch, onPick, formatCount, formatShare }: BarProps) {
  const here = bar.steps[step];
  if (!here) return null;
  const share = here.fromStart ?? 0;
  const before = step === 0 ? share : (bar.steps[step - 1]?.fromStart ?? 0);
  const lost = bar.steps[step - 1]?.dropped ?? 0;
  const of = bar.name === undefined ? "" : `${bar.name}, `;
  const reached = `${of}${label}: ${formatCount(here.people)} ${unit}, ${formatShare(share)} of the first step`;
  const gone = `${of}lost before ${label}: ${formatCount(lost)} ${unit}`;
  return (
    <>
      {before > share ? (
        <Pick
          words={gone}
          onPick={onPick && lost > 0 ? () => onPick(bar, step - 1, true) : undefined}
          box={{ x, y: y(before), width, height: Math.max(0, y(share) - y(before)) }}
          fill={hatch}
        />
      ) : null}
      <Pick
        words={reached}
        onPick={onPick && here.people > 0 ? () => onPick(bar, step, false) : undefined}
        box={{ x, y: y(share), width, height: Math.max(share > 0 ? 1 : 0, y(0) - y(share)) }}
        fill={fill}
      />
      {ink && here.fromStart !== null ? (
        <text
          x={x + width / 2}
          y={y(share) - 5}
          textAnchor="middle"
          fill={ink.text}
          fontWeight={600}
          stroke={ink.surface}
          strokeWidth={3}
          paintOrder="stroke"
          pointerEvents="none"
        >
          {formatShare(share)}
        </text>
      ) : null}
    </>
  );
}

interface PickProps {
  words: string;
  onPick: (() => void) | undefined;
  box: { x: number; y: number; width: number; height: number };
  fill: string;
}

function Pick({ words, onPick, box, fill }: PickProps) {
  if (!onPick) {
    return (
      <rect {...box} fill={fill} rx={2}>
        <title>{words}</title>
      </rect>
    );
  }
  return (
    <rect
      {...box}
      fill={fill}
      rx={2}
      role="button"
      tabIndex={0}
      aria-label={`${words}. Show them`}
      className={classes.bar}
      onClick={onPick}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          onPick();
        }
      }}
    >
      <title>{words}</title>
    </rect>
  );
}

interface TextProps {
  label: string;
  step: number;
  bars: readonly FunnelBar[];
  unit: string;
  /** Without room for what stands between two steps; the name takes two lines. */
  isTight: boolean;
  x: number;
  width: number;
  height: number;
  top: number;
  theme: ReturnType<typeof useChartTheme>;
  formatCount: Props["formatCount"];
  formatShare: Props["formatShare"];
}

function StepText({ label, step, bars, unit, isTight, x, width, height, top, theme, formatCount, formatShare }: TextProps) {
  const only = bars.length === 1 ? bars[0]?.steps[step] : undefined;
  const middle = x + width / 2;
  const letters = Math.max(6, Math.floor((width - (isTight ? 4 : 16)) / 6.4));
  const lines = nameLines(`${step + 1}  ${label}`, letters, isTight ? 2 : 1);
  const lowest = height - (only ? 24 : 16);
  return (
    <g pointerEvents="none">
      {only ? (
        <>
          <text x={middle} y={top - 18} textAnchor="middle" fill={theme.text} fontSize={14} fontWeight={600}>
            {only.fromStart === null ? "no one" : formatShare(only.fromStart)}
          </text>
          <text x={middle} y={height - 8} textAnchor="middle" fill={theme.muted}>
            {formatCount(only.people)} {isTight ? "" : unit}
          </text>
          {step > 0 && !isTight ? (
            <g>
              <text x={x} y={top - 18} textAnchor="middle" fill={theme.muted}>
                {only.fromPrevious === null ? "" : `${formatShare(only.fromPrevious)} \u2192`}
              </text>
              <text x={x} y={top - 5} textAnchor="middle" fill={theme.muted}>
                {only.median ?? ""}
              </text>
            </g>
          ) : null}
        </>
      ) : null}
      <text y={lowest - (isTight ? 14 : 0)} textAnchor="middle" fill={theme.text} fontSize={12}>
        {lines.map((line, at) => (
          <tspan key={at} x={middle} dy={at === 0 ? 0 : 14}>
            {line}
          </tspan>
        ))}
        <title>{label}</title>
      </text>
    </g>
  );
}

/** A name in at most so many lines of so many letters, broken between words, cut where it does not end. */
function nameLines(name: string, letters: number, most: number): string[] {
  const lines = [""];
  for (const word of name.split(" ").filter((part) => part !== "")) {
    const last = lines[lines.length - 1] ?? "";
    const longer = last === "" ? word : `${last} ${word}`;
    if (longer.length <= letters || lines.length === most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => (line.length > letters ? `${line.slice(0, letters - 1)}…` : line));
}
