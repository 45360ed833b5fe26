// What a person does on each screen, in a real browser against a real server.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Client, openPage, startBrowser, startServer } from './stage.mjs'

const RUNS = 240
let server, client, browser, stage, page
const state = {}

before(async () => {
  server = await startServer()
  client = new Client(server.url)
  browser = await startBrowser()
  stage = await openPage(browser)
  page = stage.page
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const go = (path) => page.goto(`${server.url}/ui${path}`)
const main = () => page.locator('main')
const grid = () => page.getByRole('grid')
const rowsShown = () => grid().locator('[role=row][aria-selected]').count()
const cell = (text) => grid().getByRole('gridcell').filter({ hasText: text }).first()
const noErrors = () => assert.deepEqual(stage.errors, [])

test('a fresh server tells how to log the first run and notices it', async () => {
  await page.goto(server.url)
  await page.waitForURL(/\/ui\/?$/)
  await main().getByText('mlflow.log_metric("loss", 0.5)').waitFor()
  await main().getByText('This page shows it as soon as it arrives').waitFor()

  await client.run('0', { name: 'first-of-all', metrics: { loss: [0.9, 0.5] } })

  await main().getByRole('link', { name: 'first-of-all' }).first().waitFor()
  await page.getByText('Your first run has arrived').waitFor()
  noErrors()
})

test('experiments are made, renamed, archived, brought back and found', async () => {
  await go('/experiments')
  await grid().waitFor()
  await page.keyboard.press('n')
  await page.getByLabel('Name', { exact: true }).fill('churn draft')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'churn draft' }).waitFor()
  await main().getByText('No run yet').waitFor()

  await go('/experiments')
  await page.getByRole('button', { name: 'Actions for churn draft' }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('churn')
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
  await grid().getByRole('link', { name: 'churn', exact: true }).waitFor()

  await page.getByRole('button', { name: 'Actions for churn' }).click()
  await page.getByRole('menuitem', { name: 'Archive' }).click()
  await grid().getByRole('link', { name: 'churn', exact: true }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: /^Undo/ }).last().click()
  await grid().getByRole('link', { name: 'churn', exact: true }).waitFor()

  await page.getByPlaceholder('Name or tag').fill('nothing like it')
  await main().getByText('No experiment has this').waitFor()
  await main().getByRole('button', { name: 'Show all' }).click()
  await grid().getByRole('link', { name: 'churn', exact: true }).click()
  await page.waitForURL(/\/ui\/experiments\/\d+$/)
  state.churn = new URL(page.url()).pathname.split('/').at(-1)
  noErrors()
})

test('a table that is open shows runs as they arrive', async () => {
  await page.locator('[title="What is shown follows the server"]').first().waitFor()
  await client.run(state.churn, { name: 'live-one', metrics: { loss: [0.7] } })
  await grid().getByRole('link', { name: 'live-one' }).waitFor()

  const { runs } = await client.post('runs/search', { experiment_ids: [state.churn], max_results: 1 })
  await client.post('runs/log-metric', { run_id: runs[0].info.run_id, key: 'loss', value: 0.31415, step: 5, timestamp: Date.now() })
  await cell('0.31415').waitFor()
  noErrors()
})

test('of many runs only those in sight are in the document', async () => {
  const start = Date.UTC(2026, 9, 1)
  for (let i = 0; i < RUNS; i += 8) {
    await Promise.all(
      Array.from({ length: 8 }, (_, j) => i + j).map((n) =>
        client.run(state.churn, {
          name: `run-${String(n).padStart(3, '0')}`,
          start: start + n * 60_000,
          user: n % 2 ? 'ann' : 'bob',
          params: { lr: [0.1, 0.01, 0.001][n % 3], model: n % 4 ? 'tree' : 'linear', depth: n % 7 },
          tags: { team: n % 2 ? 'risk' : 'sales' },
          metrics: { loss: [1, 0.5 + n / 1000], acc: [n / RUNS], 'val/f1': [0.3] },
          status: n % 10 === 9 ? 'FAILED' : 'FINISHED',
        }),
      ),
    )
  }
  await go(`/experiments/${state.churn}`)
  await main().getByText(`${RUNS + 1} runs`).waitFor()
  assert.ok((await rowsShown()) < 60, `${await rowsShown()} rows`)

  await grid().focus()
  await page.keyboard.press('End')
  await page.waitForFunction(() => Number(document.querySelector('[role=grid] [role=row][aria-selected]:last-child')?.getAttribute('aria-rowindex')) > 90)
  for (let i = 0; i < 4; i++) {
    await grid().evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await page.waitForTimeout(50)
  }
  await grid().getByRole('link', { name: 'run-000' }).waitFor()
  assert.ok((await rowsShown()) < 60, `${await rowsShown()} rows at the end`)
  noErrors()
})

test('the filter is text, chips and clicks, and back restores what was', async () => {
  await go(`/experiments/${state.churn}?column=params.model&column=metrics.loss`)
  await main().getByText(`${RUNS + 1} runs`).waitFor()
  const filter = page.getByRole('combobox', { name: 'Filter' })
  await filter.fill('metrics.loss < 0.6')
  await page.keyboard.press('Enter')
  await main().getByText('101 runs match').waitFor()
  await page.getByRole('button', { name: 'Remove metrics.loss < 0.6' }).waitFor()

  await cell(/^tree$/).getByRole('button').click()
  await page.getByRole('button', { name: "Remove params.model = 'tree'" }).waitFor()
  await main().getByText('75 runs match').waitFor()
  const url = new URL(page.url())
  assert.equal(url.searchParams.get('filter'), "metrics.loss < 0.6 and params.model = 'tree'")

  await page.reload()
  await main().getByText('75 runs match').waitFor()
  await page.goBack()
  await main().getByText('101 runs match').waitFor()
  await page.goForward()
  await main().getByText('75 runs match').waitFor()

  await page.getByRole('button', { name: "params.model = 'tree'", exact: true }).click()
  await filter.fill("params.model = 'linear'")
  await page.keyboard.press('Enter')
  await main().getByText('25 runs match').waitFor()

  await page.getByRole('button', { name: 'Remove the filter' }).click()
  await filter.fill('run-01')
  await page.keyboard.press('Enter')
  await main().getByText('10 runs match').waitFor()
  await page.getByRole('button', { name: 'Remove the filter' }).click()

  await filter.fill('metrics.loss LIKE 3')
  await page.keyboard.press('Enter')
  await main().getByRole('alert').waitFor()
  await page.getByRole('button', { name: 'Remove the filter' }).click()
  await main().getByText(`${RUNS + 1} runs`).waitFor()
  stage.errors.splice(0, stage.errors.length, ...stage.errors.filter((error) => !/status of 400/.test(error)))
  noErrors()
})

test('suggestions lead to a clause by keys alone', async () => {
  await go(`/experiments/${state.churn}`)
  await main().getByText(`${RUNS + 1} runs`).waitFor()
  const filter = page.getByRole('combobox', { name: 'Filter' })
  await filter.focus()
  await page.keyboard.type('params.de')
  await page.getByRole('option', { name: /params\.depth/ }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.type("= '3'")
  await page.keyboard.press('Enter')
  await main().getByText('34 runs match').waitFor()
  await page.getByRole('button', { name: 'Remove the filter' }).click()
  noErrors()
})

test('columns are sorted and chosen, and the URL says so', async () => {
  await go(`/experiments/${state.churn}`)
  await grid().getByRole('button', { name: 'acc', exact: true }).click()
  await grid().getByRole('link', { name: 'run-239' }).waitFor()
  assert.match(decodeURIComponent(page.url()), /order=metrics\.acc\+DESC/)

  await page.getByRole('button', { name: 'Columns' }).click()
  const popup = page.getByRole('dialog', { name: 'Columns' })
  await popup.getByLabel('loss min').check()
  await popup.getByLabel('Find a column').fill('team')
  await popup.getByRole('checkbox', { name: /team/ }).check()
  await page.keyboard.press('Escape')
  await grid().evaluate((element) => element.scrollTo(2000, 0))
  await grid().getByRole('columnheader', { name: 'team' }).waitFor()
  await grid().getByRole('columnheader', { name: 'loss min' }).waitFor()
  await cell(/^risk$/).waitFor()
  const columns = new URL(page.url()).searchParams.getAll('column')
  assert.deepEqual(columns.slice(-2), ['metrics.loss.min', 'tags.team'])
  noErrors()
})

test('runs are walked, ticked, tagged, archived and brought back by keys', async () => {
  await go(`/experiments/${state.churn}?order=metrics.acc+DESC&column=metrics.acc&column=tags.reviewed`)
  await grid().getByRole('link', { name: 'run-239' }).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await main().getByText('2 ticked').waitFor()
  assert.equal(new URL(page.url()).searchParams.getAll('run').length, 2)

  await main().getByRole('button', { name: 'Tag', exact: true }).click()
  await page.getByRole('dialog').getByLabel('Key').fill('reviewed')
  await page.getByRole('dialog').getByLabel('Value').fill('yes')
  await page.getByRole('button', { name: 'Set tag' }).click()
  await page.getByText('Tagged 2 runs').waitFor()
  await cell(/^yes$/).waitFor()
  await page.keyboard.press('z')
  await cell(/^yes$/).waitFor({ state: 'detached' })

  await main().getByRole('button', { name: 'Archive' }).click()
  await page.getByText('Archived 2 runs').waitFor()
  await grid().getByRole('link', { name: 'run-239' }).waitFor({ state: 'detached' })
  await page.keyboard.press('z')
  await grid().getByRole('link', { name: 'run-239' }).waitFor()
  noErrors()
})

test('what is shown can be taken away: CSV and the API call', async () => {
  await go(`/experiments/${state.churn}?filter=metrics.loss+%3C+0.51&column=metrics.loss&column=params.lr`)
  await main().getByText('11 runs match').waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n')
  assert.equal(lines[0], 'run_id,run_name,status,metrics.loss,params.lr')
  assert.equal(lines.length, 12)

  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Show the API call' }).click()
  const command = await page.getByRole('dialog').locator('pre').textContent()
  const url = /(http:[^']+)/.exec(command)[1]
  const answer = await (await fetch(url)).json()
  assert.equal(answer.rows.length, 11)
  await page.keyboard.press('Escape')
  noErrors()
})

test('a table that is being read does not move', async () => {
  await go(`/experiments/${state.churn}`)
  await grid().getByRole('link', { name: 'live-one' }).waitFor()
  await page.locator('[title="What is shown follows the server"]').first().waitFor()
  await grid().evaluate((element) => element.scrollTo(0, 1200))
  await client.run(state.churn, { name: 'newcomer' })
  await main().getByText('Paused while you read').waitFor()
  await main().getByRole('button', { name: 'Show what is new' }).click()
  await main().getByText(`${RUNS + 2} runs`).waitFor()
  noErrors()
})

test('a run shows its curves as they grow, its params, tags, notes and files', async () => {
  const id = await client.run(state.churn, {
    name: 'growing',
    params: { lr: 0.1 },
    tags: { team: 'risk', 'mlflow.source.name': 'train.py', 'mlflow.source.git.commit': 'abc123' },
    metrics: { loss: Array.from({ length: 300 }, (_, i) => 1 / (i + 1)) },
  })
  state.growing = id
  await client.post('runs/log-inputs', {
    run_id: id,
    datasets: [{ tags: [{ key: 'mlflow.data.context', value: 'training' }], dataset: { name: 'wine', digest: 'd1', source_type: 'local', source: '{}', profile: '{"num_rows": 124}' } }],
  })
  await client.artifact(state.churn, id, 'report/table.csv', 'name,count\nа,1\nb,22\n')
  await client.artifact(state.churn, id, 'notes.md', '# Report\n\n- one\n- two\n')

  await go(`/runs/${id}`)
  await page.getByRole('heading', { name: 'growing' }).waitFor()
  await main().getByText('124 rows').waitFor()
  await main().getByText('python train.py').waitFor()

  await main().getByRole('button', { name: 'Write' }).click()
  await page.getByLabel('Notes in Markdown').fill('It **converged** early.')
  await main().getByRole('button', { name: 'Save' }).click()
  await main().locator('strong', { hasText: 'converged' }).waitFor()
  await main().getByRole('button', { name: 'Remove team' }).click()
  await main().getByRole('button', { name: 'Edit team' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: /^Undo/ }).last().click()
  await main().getByRole('button', { name: 'Edit team' }).waitFor()

  await page.keyboard.press('2')
  const chart = main().getByRole('img', { name: /^loss\. growing: last 0\.00333333/ })
  await chart.waitFor()
  await client.post('runs/log-metric', { run_id: id, key: 'loss', value: 0.001, step: 300, timestamp: Date.now() })
  await main().getByRole('img', { name: /last 0\.001,/ }).waitFor()
  await page.getByLabel('Log scale').check()
  await page.getByLabel('Smoothing').fill('0.6')
  assert.match(page.url(), /log=1/)
  assert.match(page.url(), /smooth=0\.6/)

  const box = await main().getByRole('img', { name: /^loss\. growing/ }).locator('.u-over').boundingBox()
  await page.mouse.move(box.x + box.width * 0.25, box.y + box.height / 2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2, { steps: 5 })
  const asked = page.waitForRequest((request) => request.url().includes('/metric-series') && request.url().includes('from='))
  await page.mouse.up()
  await asked
  await main().getByRole('button', { name: 'Whole range' }).waitFor()
  assert.match(page.url(), /zoom=\d+,\d+/)
  await page.goBack()
  await main().getByRole('button', { name: 'Whole range' }).waitFor({ state: 'detached' })

  await page.keyboard.press('3')
  await main().getByRole('button', { name: 'report' }).click()
  await main().getByRole('link', { name: /table\.csv/ }).click()
  await main().getByRole('columnheader', { name: 'count' }).waitFor()
  await main().getByRole('link', { name: /notes\.md/ }).click()
  await main().getByRole('heading', { name: 'Report' }).waitFor()
  await page.reload()
  await main().getByRole('heading', { name: 'Report' }).waitFor()
  noErrors()
})

test('runs are compared', async () => {
  await go(`/experiments/${state.churn}?order=metrics.acc+DESC`)
  await grid().getByRole('link', { name: 'run-239' }).waitFor()
  for (const key of ['j', 'x', 'j', 'x', 'j', 'x', 'c']) await page.keyboard.press(key)
  await page.getByRole('heading', { name: 'Compare 3 runs' }).waitFor()
  await main().getByRole('img', { name: /^loss\. run-239/ }).waitFor()
  const params = main().getByRole('group', { name: 'Params' })
  await params.getByRole('rowheader', { name: 'depth' }).waitFor()
  await main().getByRole('button', { name: 'Leave out run-238' }).click()
  await page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Compare 3 runs' }).waitFor()
  noErrors()
})

test('models, versions and aliases', async () => {
  await client.post('registered-models/create', { name: 'churn.v2 final', description: 'Predicts **who leaves**.' })
  for (let i = 0; i < 3; i++) await client.post('model-versions/create', { name: 'churn.v2 final', source: `mlflow-artifacts:/${state.churn}/${state.growing}/artifacts/model`, run_id: state.growing })
  await go('/models')
  await grid().getByRole('link', { name: 'churn.v2 final' }).click()
  await page.getByRole('heading', { name: 'churn.v2 final' }).waitFor()
  await main().locator('strong', { hasText: 'who leaves' }).waitFor()
  await main().getByRole('link', { name: 'Version 2' }).click()
  await main().getByRole('button', { name: 'Give an alias' }).click()
  await page.getByLabel('Alias', { exact: true }).fill('champion')
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await main().getByRole('button', { name: 'Take away champion' }).waitFor()
  await page.reload()
  await main().getByRole('button', { name: 'Take away champion' }).waitFor()
  await main().getByRole('link', { name: 'churn.v2 final' }).click()
  await main().getByRole('row', { name: /Version 2 champion/ }).waitFor()
  stage.errors.splice(0, stage.errors.length, ...stage.errors.filter((error) => !/get-artifact/.test(error)))
  noErrors()
})

test('a promotion waits on Home, shows its evidence, and is taken back', async () => {
  const policy = ['policy: churn', 'applies-to: ["churn*"]', 'stages:', '  - dev', '  - name: production', '    aliases: [live]', 'transitions:', '  - from: dev', '    to: production', '    ask: [anyone]', '    approve: [anyone]', '    approvals: 1', '    checks:', '      - metric: loss', '        at-most: 1', ''].join('\n')
  const applied = await fetch(`${server.url}/api/millwright/v1/policies/churn`, { method: 'PUT', headers: { 'content-type': 'application/yaml' }, body: policy })
  assert.ok(applied.ok, await applied.text())
  await go('/model-version?name=churn.v2+final&version=3')
  await main().getByRole('button', { name: 'Give an alias' }).click()
  await page.getByLabel('Alias', { exact: true }).fill('live')
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByText(/moves only by promotion/).waitFor()
  await main().getByLabel('passed').waitFor()

  await go('/')
  await main().getByRole('link', { name: 'churn.v2 final version 3' }).click()
  await main().getByRole('button', { name: 'Take back' }).click()
  await page.getByLabel('Why').fill('not yet')
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click()
  await page.getByText('Taken back.').waitFor()
  await main().getByText('rejected', { exact: true }).first().waitFor()
  stage.errors.splice(0, stage.errors.length, ...stage.errors.filter((error) => !/get-artifact|status of 400/.test(error)))
  noErrors()
})

test('everything is found by its name, and keys are listed', async () => {
  await go('/')
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Find an experiment').fill('growing')
  await page.getByRole('option', { name: /growing/ }).click()
  await page.getByRole('heading', { name: 'growing' }).waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog').getByText('Rename the run').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Find an experiment').fill('theme: dark')
  await page.getByRole('option', { name: 'Theme: dark' }).click()
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
  noErrors()
})

test('what is not there says so, with the request id', async () => {
  await go('/runs/ffffffffffffffffffffffffffffffff')
  await main().getByRole('alert').waitFor()
  assert.match(await main().getByRole('alert').innerText(), /Request \S+/)
  await go('/nowhere')
  await main().getByText('There is no such page').waitFor()
})
