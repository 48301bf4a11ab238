// The window with 500 machines beside the same window with 25, while each of them reports progress four times a second: how many times
// faster than real time its main thread could do all that (script, style, layout and paint, in its own processor time).
import { chromiumProgram, launchBrowser, openWindow, startStation } from '../e2e/window.ts';
import { costUnderLoad } from '../renderer/window-cost.ts';
import { interleave, speedLine } from './figure.ts';
import type { Suite } from './figure.ts';

const CROWD = 500;
const FEW = 25;
const SECONDS = 5;
/**
 * Only what is on the screen may cost, and both windows draw some thirty rows. What grows with the crowd is reading its reports: a tenth
 * of the work, so 0.83 is seen. With a frame for each report, and the list sorted at each change, it was 0.43.
 */
const LIMIT = 0.6;

export const windowSuite: Suite = {
  figures: ['window-500'],
  whyNot: () => (chromiumProgram() === undefined ? 'Chromium is not installed here' : null),
  run: async (context) => {
    const browser = await launchBrowser();
    const spare = (crowd: number) => async (): Promise<number> => {
      const station = await startStation({ crowd });
      const window = await openWindow(browser, station.url);
      try {
        await window.page.getByRole('listbox', { name: 'Machines' }).waitFor();
        const cost = await costUnderLoad(window.page, station, crowd, Math.max(1, SECONDS * context.scale));
        const { medianFrameMs, largestFrameMs, longestTaskMs } = cost;
        context.say(
          `${crowd} machines: script ${medianFrameMs.toFixed(1)} ms a frame (median), ${largestFrameMs.toFixed(1)} ms at most; longest task ${longestTaskMs.toFixed(1)} ms`,
        );
        return 1000 / cost.busyMsPerSecond;
      } finally {
        await window.close();
        await station.stop();
      }
    };
    try {
      const pairs = await interleave(
        context,
        'window',
        { ours: spare(CROWD), reference: spare(FEW) },
        (speed) => `${speed.toFixed(1)} × real time`,
      );
      return [speedLine('window-500', '× real time', pairs, LIMIT)];
    } finally {
      await browser.close();
    }
  },
};
