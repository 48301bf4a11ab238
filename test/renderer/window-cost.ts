// What the window's main thread does while machines report: a trace of Chromium (CDP, Tracing), cut into frames. Times are the
// thread's own processor time, so that other work on the computer blurs them little.
import type { Page } from 'playwright';
import type { FakeStation } from './fake-station.ts';

/** One frame at 60 Hz, µs. */
const FRAME_US = 1_000_000 / 60;

/** Of the trace event format: times in µs, `tdur` of the thread's processor time. */
type TraceEvent = {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
};

export type WindowCost = {
  /** Script of the frames that had any, ms: median and largest. */
  readonly medianFrameMs: number;
  readonly largestFrameMs: number;
  /** The longest task of any kind (script, style, layout, paint), ms. */
  readonly longestTaskMs: number;
  /** The main thread's work of all kinds in a second, ms. */
  readonly busyMsPerSecond: number;
};

const SCRIPT = new Set(['FunctionCall', 'EvaluateScript', 'RunMicrotasks', 'TimerFire', 'FireAnimationFrame', 'EventDispatch']);
const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'toplevel', '__metadata'];

const processorMs = (event: TraceEvent): number => (event.tdur ?? event.dur ?? 0) / 1000;

/** Of nested events the outermost. */
const outermost = (events: readonly TraceEvent[]): readonly TraceEvent[] => {
  let endsAt = 0;
  return events
    .toSorted((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))
    .filter((event) => {
      if (event.ts < endsAt) return false;
      endsAt = event.ts + (event.dur ?? 0);
      return true;
    });
};

const costOf = (events: readonly TraceEvent[], seconds: number): WindowCost => {
  const mainThreads = new Set(
    events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const work = events.filter(({ ph, pid, tid }) => ph === 'X' && mainThreads.has(`${pid} ${tid}`));
  const frames = new Map<number, number>();
  for (const event of outermost(work.filter(({ name }) => SCRIPT.has(name)))) {
    const frame = Math.floor(event.ts / FRAME_US);
    frames.set(frame, (frames.get(frame) ?? 0) + processorMs(event));
  }
  const scripts = [...frames.values()].toSorted((a, b) => a - b);
  const tasks = outermost(work.filter(({ name }) => name.endsWith('RunTask'))).map(processorMs);
  return {
    medianFrameMs: scripts[Math.floor(scripts.length / 2)] ?? 0,
    largestFrameMs: scripts.at(-1) ?? 0,
    longestTaskMs: Math.max(0, ...tasks),
    busyMsPerSecond: tasks.reduce((sum, ms) => sum + ms, 0) / seconds,
  };
};

const REPORTS_PER_SECOND = 4;
const CHANGES_PER_SECOND = 20;
const FRACTION_A_REPORT = 0.005;

/** Every machine of the crowd reports four times a second, evenly spread as from real machines, and some change their state's words. */
const report = async (station: FakeStation, crowd: number, seconds: number): Promise<void> => {
  const startedAtMs = performance.now();
  let [reports, changes] = [0, 0];
  for (let atMs = 0; atMs < seconds * 1000; atMs = performance.now() - startedAtMs) {
    const due = Math.floor((atMs / 1000) * REPORTS_PER_SECOND * crowd);
    for (; reports < due; reports += 1) station.advanceOne(reports % crowd, FRACTION_A_REPORT);
    for (; changes < (atMs / 1000) * CHANGES_PER_SECOND; changes += 1) {
      const id = `node-${String((changes % crowd) + 1).padStart(3, '0')}`;
      station.change(id, { says: `Report ${changes}.`, lastSeenAtMs: Date.now() });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Traces a window that shows the rack while its whole crowd reports. */
export const costUnderLoad = async (page: Page, station: FakeStation, crowd: number, seconds: number): Promise<WindowCost> => {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])));
  // Once before, so that what is compiled on the way is not counted.
  await report(station, crowd, 1);
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: CATEGORIES } });
  await report(station, crowd, seconds);
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  return costOf(events, seconds);
};
