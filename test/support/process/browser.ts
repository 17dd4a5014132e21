import { existsSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './service.ts';

const EXECUTABLE = '/usr/bin/chromium';

/** Why a browser test cannot run here; undefined where it can. */
export const noBrowser = existsSync(EXECUTABLE)
  ? undefined
  : `there is no ${EXECUTABLE}: apt-get install -y chromium`;

/** Nothing in the background, so that each request is the page's; and no way to any other host. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

export interface Visit {
  readonly page: Page;
  /** Addresses that the page asked for. */
  readonly requested: readonly string[];
  /** Errors of the console, of scripts, and requests that failed. */
  readonly errors: readonly string[];
}

/** A page of a fresh headless Chromium, which ends with the test. */
export async function openBrowser(): Promise<Visit> {
  const profile = temporaryFolder();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    headless: true,
    args: FLAGS,
    viewport: { width: 1280, height: 900 },
  });
  onTestFinished(() => context.close());
  const page = context.pages()[0] ?? (await context.newPage());
  const requested: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('requestfailed', (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { page, requested, errors };
}
