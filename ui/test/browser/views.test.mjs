// Stars, groups, the best run, and views that are saved, shared, pinned and deleted, in a real browser.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Client, openPage, startBrowser, startServer } from './stage.mjs'

const RUNS = 30
let server, client, browser, stage, page, experiment

before(async () => {
  server = await startServer()
  client = new Client(server.url)
  browser = await startBrowser()
  stage = await openPage(browser)
  page = stage.page
  experiment = await client.experiment('churn')
  const start = Date.UTC(2026, 9, 1)
  for (let n = 0; n < RUNS; n++) {
    await client.run(experiment, {
      name: `run-${String(n).padStart(2, '0')}`,
      start: start + n * 60_000,
      params: { ...(n === 7 ? {} : { lr: [0.1, 0.01, 0.001][n % 3] }), depth: n % 5 },
      metrics: { loss: [1, 0.5 + n / 100], acc: [n / RUNS] },
      status: 'FINISHED',
    })
  }
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const go = (path) => page.goto(`${server.url}/ui${path}`)
const main = (of = page) => of.locator('main')
const grid = (of = page) => of.getByRole('grid')
const noErrors = () => assert.deepEqual(stage.errors, [])
const viewsMenu = () => page.getByRole('dialog', { name: 'Saved views' })

test('a run is starred by a click or a key, and found by its star', async () => {
  await go(`/experiments/${experiment}?column=metrics.loss`)
  await grid().getByRole('button', { name: 'Star run-29' }).click()
  await page.getByText('Starred 1 run.').waitFor()
  await grid().focus()
  for (const key of ['j', 's']) await page.keyboard.press(key)
  await grid().getByRole('button', { name: 'Star run-28', pressed: true }).waitFor()

  await main().getByRole('button', { name: 'Starred' }).click()
  await main().getByText('2 runs match').waitFor()
  assert.equal(new URL(page.url()).searchParams.get('filter'), "tags.millwright.starred = 'true'")
  await grid().getByRole('button', { name: 'Star run-28', pressed: true }).waitFor()
  await main().getByRole('button', { name: 'Starred', pressed: true }).click()
  await main().getByText(`${RUNS} runs`, { exact: false }).first().waitFor()

  await grid().getByRole('button', { name: 'Star run-28', pressed: true }).click()
  await page.getByText('Took the star of 1 run away.').waitFor()
  await page.getByRole('button', { name: /^Undo/ }).last().click()
  await grid().getByRole('button', { name: 'Star run-28', pressed: true }).waitFor()
  const { runs } = await client.post('runs/search', { experiment_ids: [experiment], filter: "tags.millwright.starred = 'true'" })
  assert.equal(runs.length, 2)

  const { runs: all } = await client.post('runs/search', { experiment_ids: [experiment] })
  const two = all.filter(({ info }) => info.run_name === 'run-27' || info.run_name === 'run-28')
  await go(`/experiments/${experiment}?column=metrics.loss&${two.map(({ info }) => `run=${info.run_id}`).join('&')}`)
  await main().getByRole('button', { name: 'Star', exact: true }).click()
  await page.getByText('Starred 2 runs.').waitFor()
  await main().getByRole('button', { name: 'Unstar', exact: true }).waitFor()
  await page.getByRole('button', { name: /^Undo/ }).last().click()
  await grid().getByRole('button', { name: 'Star run-27', pressed: false }).waitFor()
  await grid().getByRole('button', { name: 'Star run-28', pressed: true }).waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog').getByText('Star the row, or the ticked ones').waitFor()
  await page.keyboard.press('Escape')
  noErrors()
})

test('the best run is marked, and the address says by what', async () => {
  await go(`/experiments/${experiment}?column=metrics.loss`)
  await main().getByRole('button', { name: 'Best', exact: true }).click()
  await page.getByRole('button', { name: 'Lowest loss' }).click()
  await main().getByText('Best by lowest loss:').waitFor()
  await main().getByRole('link', { name: 'run-00' }).first().waitFor()
  const params = new URL(page.url()).searchParams
  assert.deepEqual([params.get('best'), params.get('better')], ['metrics.loss', 'low'])
  await main().getByRole('button', { name: 'Best', exact: true }).click()
  await page.getByRole('button', { name: 'Highest loss' }).click()
  await grid().getByRole('gridcell', { name: /run-29 Best/ }).waitFor()
  await page.goBack()
  await main().getByText('Best by lowest loss:').waitFor()
  noErrors()
})

test('runs are grouped by a param, and a group opens', async () => {
  await go(`/experiments/${experiment}?column=metrics.loss&column=params.depth`)
  await main().getByRole('button', { name: 'Group', exact: true }).click()
  await page.getByRole('dialog', { name: 'Group by' }).getByRole('button', { name: 'lr' }).click()
  await main().getByText('4 groups of 30 runs').waitFor()
  await grid().getByRole('row', { name: /none.*1.*0\.57/ }).waitFor()
  const row = grid().getByRole('row').filter({ has: page.getByRole('button', { name: '0.01', exact: true }) })
  assert.match((await row.innerText()).replace(/\s+/g, ' '), /0\.01 9 0\.6\d+ ± 0\.0\d+/)

  await grid().getByRole('button', { name: '0.001', exact: true }).click()
  await grid().getByRole('link', { name: 'run-29' }).waitFor()
  assert.equal(await grid().getByRole('link').count(), 10)
  await page.reload()
  await grid().getByRole('link', { name: 'run-29' }).waitFor()
  await grid().getByRole('button', { name: 'Star run-26' }).click()
  await grid().getByRole('button', { name: 'Star run-26', pressed: true }).waitFor()

  await grid().getByRole('button', { name: 'loss', exact: true }).click()
  await page.waitForFunction(() => new URLSearchParams(location.search).get('group_order') === 'metrics.loss DESC')
  await page.getByRole('combobox', { name: 'Filter' }).fill('metrics.loss < 0.6')
  await page.keyboard.press('Enter')
  await main().getByText('4 groups of 10 runs').waitFor()
  const download = page.waitForEvent('download')
  await main().getByRole('button', { name: 'CSV' }).click()
  const csv = readFileSync(await (await download).path(), 'utf8')
  assert.match(csv, /^params\.lr,runs,metrics\.loss mean,metrics\.loss sd,metrics\.loss min,metrics\.loss max\r\n/)
  assert.equal(csv.trim().split('\r\n').length, 5)
  noErrors()
})

test('groups whose values are long or hold both quotes open, and their runs are starred', async () => {
  const other = await client.experiment('notes')
  const long = 'long '.repeat(80)
  for (const [n, note] of [long, `"it's"`, 'plain'].entries()) await client.run(other, { name: `note-${n}`, start: Date.UTC(2026, 9, 1) + n, params: { note }, status: 'FINISHED' })
  const { runs } = await client.post('runs/search', { experiment_ids: [other] })
  await go(`/experiments/${other}?group=params.note&${runs.slice(0, 2).map(({ info }) => `run=${info.run_id}`).join('&')}`)
  await main().getByText('3 groups of 3 runs').waitFor()
  for (const name of [/^long long/, `"it's"`, 'plain']) await grid().getByRole('button', { name }).click()
  for (const n of [0, 1, 2]) await grid().getByRole('link', { name: `note-${n}` }).waitFor()

  await main().getByRole('button', { name: 'Star', exact: true }).click()
  await main().getByRole('button', { name: 'Unstar', exact: true }).click()
  await page.getByText('Took the star of 2 runs away.').waitFor()
  await main().getByRole('button', { name: 'Star', exact: true }).waitFor()
  noErrors()
})

test('a table is saved as a view, changed and updated', async () => {
  await go(`/experiments/${experiment}?column=metrics.loss&filter=metrics.loss+%3C+0.6`)
  await main().getByText('10 runs match').waitFor()
  await main().getByRole('button', { name: 'Views' }).click()
  await viewsMenu().getByRole('button', { name: 'Save as' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('good ones')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved the view “good ones”.').waitFor()
  await main().getByRole('button', { name: 'good ones', exact: true }).waitFor()

  await page.getByRole('button', { name: 'Remove metrics.loss < 0.6' }).click()
  await main().getByRole('button', { name: /good ones.*changed/ }).waitFor()
  await main().getByText('30 runs', { exact: true }).waitFor()
  await page.reload()
  await main().getByText('30 runs', { exact: true }).waitFor()
  await main().getByRole('button', { name: /good ones.*changed/ }).click()
  await viewsMenu().getByRole('button', { name: 'Back to the view' }).click()
  await main().getByText('10 runs match').waitFor()

  await page.getByRole('combobox', { name: 'Filter' }).fill("params.depth = '1'")
  await page.keyboard.press('Enter')
  await main().getByText('2 runs match').waitFor()
  await main().getByRole('button', { name: /good ones.*changed/ }).click()
  await viewsMenu().getByRole('button', { name: 'Update' }).click()
  await page.getByText('“good ones” is now as the table is.').waitFor()
  await main().getByRole('button', { name: 'good ones', exact: true }).waitFor()
  noErrors()
})

async function act(item) {
  await main().getByRole('button', { name: /^good ones/ }).click()
  await page.getByRole('button', { name: 'Actions for the view good ones' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

test('a view is shared, and opens elsewhere by its address alone', async () => {
  await act('Share with everybody here')
  await page.getByText('sees “good ones”').waitFor()
  await page.keyboard.press('Escape')
  const id = new URL(page.url()).searchParams.get('view')

  const other = await openPage(browser)
  await other.page.goto(`${server.url}/ui/experiments/${experiment}?view=${id}`)
  await main(other.page).getByText('2 runs match').waitFor()
  await grid(other.page).getByRole('columnheader', { name: 'loss' }).waitFor()
  await main(other.page).getByRole('button', { name: 'good ones', exact: true }).waitFor()
  assert.deepEqual(other.errors, [])
  await other.close()
  noErrors()
})

test('a pinned view is a tab above the table', async () => {
  await act('Pin above the table')
  const tabs = page.getByRole('navigation', { name: 'Pinned views' })
  await tabs.getByRole('link', { name: 'good ones' }).waitFor()
  await page.keyboard.press('Escape')
  await tabs.getByRole('link', { name: 'All runs' }).click()
  await main().getByText('30 runs', { exact: true }).waitFor()
  assert.equal(await tabs.getByRole('link', { name: 'All runs' }).getAttribute('aria-current'), 'page')
  await tabs.getByRole('link', { name: 'good ones' }).click()
  await main().getByText('2 runs match').waitFor()
  await page.goBack()
  await main().getByText('30 runs', { exact: true }).waitFor()
  await page.goForward()
  await main().getByText('2 runs match').waitFor()
  noErrors()
})

test('a deleted view comes back as it was', async () => {
  const id = new URL(page.url()).searchParams.get('view')
  await act('Delete')
  await page.getByText('Deleted the view “good ones”.').waitFor()
  await page.getByRole('navigation', { name: 'Pinned views' }).waitFor({ state: 'detached' })
  await main().getByText('2 runs match').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /^Undo/ }).last().click()
  await page.getByRole('navigation', { name: 'Pinned views' }).getByRole('link', { name: 'good ones' }).waitFor()
  await page.waitForURL((url) => url.searchParams.get('view') === id)

  await go(`/experiments/${experiment}?view=${'0'.repeat(32)}`)
  await main().getByText('The view of this address was deleted').waitFor()
  await main().getByText('30 runs', { exact: true }).waitFor()
  noErrors()
})
