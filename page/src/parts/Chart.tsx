// How much happened, minute by minute: bars on a canvas (uPlot). What it shows is said in words, too.
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Activity } from "../api/activity";
import style from "./Chart.module.css";

interface Props {
  of: Activity;
  height: number;
  /** With times and counts along the sides. */
  sides?: boolean;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// In the viewer's zone and words, as everywhere.
const clock = (seconds: number) => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function axis(shown: boolean): uPlot.Axis {
  return { show: shown, stroke: colour("--lf-quiet"), grid: { stroke: colour("--lf-border"), width: 1 }, ticks: { show: false }, font: "12px system-ui", size: 36 };
}

function Chart({ of, height, sides = false }: Props) {
  const ground = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light"); // colours are read when it is drawn
  useEffect(() => {
    const element = ground.current;
    if (element === null) return undefined;
    const bars = uPlot.paths.bars?.({ size: [0.8, 24] });
    const series = (label: string, tone: string): uPlot.Series => ({ label, stroke: colour(tone), fill: colour(tone), points: { show: false }, width: 0, ...(bars ? { paths: bars } : {}) });
    const chart = new uPlot(
      {
        width: element.clientWidth || 300,
        height,
        cursor: { show: false },
        legend: { show: false },
        padding: sides ? [8, 4, 0, 0] : [2, 0, 0, 0],
        scales: { x: { range: (_chart, first, last) => [first - 60, last + 60] }, y: { range: (_chart, _low, high) => [0, Math.max(4, high)] } },
        axes: [{ ...axis(sides), values: (_chart, ticks) => ticks.map(clock) }, { ...axis(sides), values: (_chart, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : "")) }],
        series: [{}, series("events", "--lf-accent"), series("of them bad", "--lf-bad")],
      },
      [of.minutes, of.all, of.bad],
      element,
    );
    const watch = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [of, height, sides, scheme]);
  const words = `${of.count.toLocaleString()} ${of.count === 1 ? "event" : "events"} in the last hour${of.faults > 0 ? `, ${of.faults.toLocaleString()} of them of something that failed or was refused` : ""}`;
  return (
    <figure className={style.chart}>
      <div ref={ground} role="img" aria-label={words} className={style.ground} style={{ height }} />
      <figcaption>{words}{of.whole ? "" : ", of those that are kept here"}</figcaption>
    </figure>
  );
}

export default Chart;
