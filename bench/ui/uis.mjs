// Where each user interface keeps what is measured. The functions run in the page; none of them sees anything of this file.

const millwright = {
  experiment: (id) => `/ui/experiments/${id}`,
  compare: (runs, _experiment, metric) => `/ui/compare?${runs.map((run) => `run=${run}`).join('&')}&metric=${metric}`,
  run: (id) => `/ui/runs/${id}`,
  rows: '[role=grid] [role=row][aria-selected]',
  // Rows lie in the document in the order of their numbers, but for those that came later.
  firstRow: () =>
    [...document.querySelectorAll('[role=grid] [role=row][aria-selected]')].find((row) => row.getAttribute('aria-rowindex') === '2')?.textContent,
  tick: '[role=grid] [role=row][aria-rowindex="2"] input[type=checkbox]',
  isTicked: () => document.querySelector('[role=grid] [role=row][aria-rowindex="2"]')?.getAttribute('aria-selected') === 'true',
  scroller: '[role=grid]',
  filter: 'input[role=combobox][aria-label=Filter]',
  columns: 'button:has-text("Columns")',
  columnsOpen: () => [...document.querySelectorAll('[role=dialog] label')].some((label) => label.textContent.includes('layer000/')),
  seriesCalls: 'metric-series',
  drawn: (series) => {
    const chart = [...document.querySelectorAll('main [role=img]')].find((image) => image.querySelector('canvas'))
    const spoken = chart?.getAttribute('aria-label') ?? ''
    return spoken.split('last').length - 1 >= series
  },
}

const mlflow = {
  experiment: (id) => `/#/experiments/${id}/runs`,
  compare: (runs, experiment) => `/#/experiments/${experiment}/runs?compareRunsMode=CHART`,
  // It draws ten runs until it is told to draw twenty, which it remembers in the browser.
  prepareToCompare: async (page) => {
    await page.locator('[data-testid=experiment-view-runs-visibility-column-header]').click({ timeout: 60_000 })
    await page.locator('[role=menuitemradio]:has-text("Show first 20")').click()
  },
  run: (id, experiment) => `/#/experiments/${experiment}/runs/${id}`,
  rows: '.ag-center-cols-container [role=row]',
  firstRow: () => {
    const parts = [...document.querySelectorAll('.ag-pinned-left-cols-container [role=row], .ag-center-cols-container [role=row]')]
    return parts
      .filter((row) => row.getAttribute('row-index') === '0')
      .map((row) => row.textContent)
      .join(' ')
  },
  tick: '[role=row][row-index="0"] input[type=checkbox]',
  isTicked: () => document.querySelector('[role=row][row-index="0"]')?.getAttribute('aria-selected') === 'true',
  scroller: '.ag-body-viewport',
  filter: '[data-testid=search-box]',
  columns: '[data-testid=column-selection-dropdown]',
  // Its metrics are folded under their number.
  columnsOpen: () => document.querySelector('[data-testid=column-selector-tree]')?.textContent.includes('Metrics ('),
  seriesCalls: 'get-history',
  drawn: (series) => document.querySelectorAll('.js-plotly-plot .scatterlayer .trace path.js-line').length >= series,
}

export const UIS = { millwright, mlflow }
