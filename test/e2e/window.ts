// The window in real Chromium against a station: by default the scripted one, or any other whose address (with its token)
// is in RACKSIDE_WINDOW_URL. Content-policy violations, console errors and uncaught errors are collected as problems.
import axe from 'axe-core';
import { chromium } from 'playwright';
import { buildWindow } from '../../scripts/build.ts';
import { findBrowser } from '../../scripts/host.ts';
import { startFakeStation } from '../renderer/fake-station.ts';
import type { Browser, BrowserContext, Page } from 'playwright';
import type { FakeOptions, FakeStation } from '../renderer/fake-station.ts';

export const FOREIGN_URL = process.env['RACKSIDE_WINDOW_URL'] ?? null;

/** Undefined: Playwright's own, where it was fetched. */
export const chromiumProgram = (): string | undefined => findBrowser() ?? undefined;

export const launchBrowser = (): Promise<Browser> => {
  const executablePath = chromiumProgram();
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    // Chromium's own sandbox refuses to run as root, which is how containers run.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
};

export const startStation = async (options: FakeOptions = {}): Promise<FakeStation> => {
  await buildWindow();
  return startFakeStation(options);
};

export type WindowOptions = { readonly theme?: 'dark' | 'light'; readonly width?: number; readonly height?: number };

export type TestWindow = {
  readonly page: Page;
  /** What should never happen; empty in a healthy window. */
  readonly problems: readonly string[];
  /** axe's findings at WCAG 2.2 AA, as readable lines. */
  readonly audit: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};

/** Expected while a link is cut on purpose, or before a key is given. */
const NETWORK_NOISE = /WebSocket connection to|Failed to load resource/;

export const openWindow = async (browser: Browser, url: string, options: WindowOptions = {}): Promise<TestWindow> => {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.theme ?? 'dark',
    reducedMotion: 'reduce',
  });
  const problems: string[] = [];
  const page = await context.newPage();
  await context.exposeFunction('noteViolation', (text: string) => problems.push(`content policy: ${text}`));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const note = (globalThis as unknown as { noteViolation: (text: string) => void }).noteViolation;
      note(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !NETWORK_NOISE.test(message.text())) problems.push(`console: ${message.text()}`);
  });
  await page.goto(url);
  const audit = async (): Promise<readonly string[]> => {
    await page.evaluate(axe.source);
    return page.evaluate(async () => {
      const runner = (globalThis as unknown as { axe: typeof axe }).axe;
      const found = await runner.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] });
      return found.violations.flatMap((one) =>
        one.nodes.map((node) => `${one.id}: ${node.target.join(' ')} (${node.failureSummary?.split('\n')[1]?.trim() ?? one.help})`),
      );
    });
  };
  return { page, problems, audit, close: () => context.close() };
};
