import type { Browser, Locator, Page } from 'playwright-core';

/** So high that all charts of a dashboard are in view: Superset loads no others. */
const viewport = { width: 1400, height: 3200 };
const limitMs = 120_000;
const drawn = '[data-test=chart-container] [data-test=slice-container], .ant-alert-error';
const nothing = /No results were returned|No data/;
const waiting = '[data-test=chart-container] .loading, [data-test=loading-indicator]';

/** A Superset in a browser. */
export class SupersetPages implements AsyncDisposable {
  private constructor(
    private readonly url: string,
    readonly page: Page,
  ) {}

  /** Signs in. */
  static async open(browser: Browser, superset: { url: string; user: string; password: string }) {
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(limitMs);
    await page.goto(`${superset.url}/login/`);
    await page.fill('#username', superset.user);
    await page.fill('#password', superset.password);
    await page.click('[data-test=login-button], button[type=submit]');
    await page.waitForURL(/welcome/);
    return new SupersetPages(superset.url, page);
  }

  /** Opens a dashboard and waits for all of its charts. */
  async dashboard(slug: string, charts: number): Promise<DashboardPage> {
    await this.page.goto(`${this.url}/superset/dashboard/${slug}/`);
    const dashboard = new DashboardPage(this.page, charts);
    await dashboard.settled();
    return dashboard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }
}

/** A dashboard that is shown. */
export class DashboardPage {
  constructor(
    private readonly page: Page,
    private readonly charts: number,
  ) {}

  /** Waits until all charts are there, and none is waiting for its data or being drawn. */
  async settled(): Promise<void> {
    // By locators only: Superset's pages forbid to evaluate texts, as other ways to wait do.
    await this.page
      .locator(drawn)
      .nth(this.charts - 1)
      .waitFor({ state: 'attached' });
    await this.page.locator(waiting).first().waitFor({ state: 'detached' });
  }

  /** The names of the charts that show an error, or stay without data; with what they say. */
  async faults(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const chart of await this.page.locator('[data-test-chart-name]').all()) {
      const fault = chart.locator('.ant-alert-error, [class*=error-alert]');
      if ((await fault.count()) > 0) found[await nameOf(chart)] = (await fault.first().textContent()) ?? '';
    }
    return found;
  }

  /** The names of the charts. */
  async names(): Promise<string[]> {
    return Promise.all((await this.page.locator('[data-test-chart-name]').all()).map(nameOf));
  }

  /** What stands in the big numbers, by the names of their charts. */
  async numbers(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const chart of await this.page.locator('[data-test-viz-type=big_number_total]').all()) {
      found[await nameOf(chart)] = (await chart.locator('.header-line').textContent()) ?? '';
    }
    return found;
  }

  /** The cells of a table, row by row, as they are shown. */
  async table(name: string): Promise<string[][]> {
    const rows = this.page.locator(`[data-test-chart-name="${name}"] tbody tr`);
    return Promise.all((await rows.all()).map((row) => row.locator('td').allTextContents()));
  }

  /** The names of the charts that say that there is nothing to show. */
  async empty(): Promise<string[]> {
    const charts = this.page.locator('[data-test-chart-name]').filter({ hasText: nothing });
    return Promise.all((await charts.all()).map(nameOf));
  }

  /** How many rows a table has, on all of its pages. */
  async records(name: string): Promise<number> {
    const search = this.page.locator(`[data-test-chart-name="${name}"] input[placeholder*=records]`);
    return Number.parseInt(((await search.getAttribute('placeholder')) ?? '').replaceAll(',', ''), 10);
  }

  /** Chooses a value in a filter, applies it and waits for the charts. */
  async choose(filter: string, value: string): Promise<void> {
    const select = this.page.locator(`[data-test="NATIVE_FILTER-${filter}"]`);
    const more = this.page.locator('[data-test=dropdown-container-btn]');
    // What has no place in the bar is behind a button.
    await select.or(more).first().waitFor();
    if (!(await select.isVisible())) await more.click();
    await select.locator('.ant-select-selector').click();
    // It can be written to once it is open.
    await select.locator('input').fill(value);
    await this.page.locator('.ant-select-item-option').filter({ hasText: value }).first().click();
    await this.page.keyboard.press('Escape');
    const answered = this.page.waitForResponse((response) => response.url().includes('/api/v1/chart/data'));
    await this.page.locator('[data-test=filter-bar__apply-button]').click();
    await answered;
    await this.settled();
  }

  /** A picture of the first `height` pixels. */
  async picture(path: string, height: number): Promise<void> {
    // Charts grow into their places.
    await this.page.waitForTimeout(1_500);
    await this.page.screenshot({
      path,
      type: 'jpeg',
      quality: 80,
      clip: { x: 0, y: 0, width: viewport.width, height },
    });
  }
}

async function nameOf(chart: Locator): Promise<string> {
  return (await chart.getAttribute('data-test-chart-name')) ?? '';
}
