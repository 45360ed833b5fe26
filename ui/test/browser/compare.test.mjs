// What is different between runs: axes that are brushed, scatter, contour, seeds as a band, and environments.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, openPage, startBrowser, startServer } from './stage.mjs'

let server, client, browser, stage, page, experiment
const ids = []

before(async () => {
  server = await startServer()
  client = new Client(server.url)
  browser = await startBrowser()
  stage = await openPage(browser)
  page = stage.page
  experiment = await client.experiment('seeds')
  const start = Date.UTC(2026, 9, 1)
  for (let n = 0; n < 12; n++) {
    const lr = [0.1, 0.01, 0.001][n % 3]
    const seed = Math.floor(n / 3)
    const depth = [2, 6, 4, 8][seed]
    const curve = Array.from({ length: 20 }, (_, i) => Math.exp(-i * lr * 5) + seed / 50)
    ids.push(
      await client.run(experiment, {
        name: `seed-${seed}-${lr}`,
        start: start + n * 60_000,
        params: { lr, seed, depth, kind: n % 2 ? 'tree' : 'linear' },
        tags: { 'mlflow.source.git.commit': n < 2 ? 'aaa111' : 'bbb222', 'mlflow.source.name': 'train.py' },
        metrics: { loss: curve, auc: [0.6 + n / 40] },
        status: 'FINISHED',
      }),
    )
  }
  await client.artifact(experiment, ids[0], 'model/requirements.txt', 'mlflow==3.18.0\nnumpy==2.1.0\n')
  await client.artifact(experiment, ids[1], 'model/requirements.txt', 'mlflow==3.18.0\nnumpy==2.3.1\npandas>=2\n')
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const go = (path) => page.goto(`${server.url}/ui${path}`)
const main = () => page.locator('main')
const section = (title) => main().locator('section.card').filter({ has: page.getByRole('heading', { name: title, exact: true }) })
const noErrors = () => assert.deepEqual(stage.errors, [])
const param = (name) => new URL(page.url()).searchParams.get(name)
const chosen = (...which) => which.map((n) => `run=${ids[n]}`).join('&')

test('code and environment are compared, and what is equal shows when asked for', async () => {
  await go(`/compare?${chosen(0, 1, 2)}`)
  await page.getByRole('heading', { name: 'Compare 3 runs' }).waitFor()
  const environment = main().getByRole('group', { name: 'Environment' })
  const numpy = environment.getByRole('row', { name: /numpy · requirements\.txt/ })
  await numpy.waitFor()
  assert.match((await numpy.innerText()).replace(/\s+/g, ' '), /2\.1\.0 2\.3\.1 –/)
  await environment.getByRole('rowheader', { name: 'pandas · requirements.txt' }).waitFor()
  const code = main().getByRole('group', { name: 'Code' })
  await code.getByRole('rowheader', { name: 'Commit' }).waitFor()
  assert.equal(await code.getByRole('rowheader', { name: 'Source', exact: true }).count(), 0)
  await main().getByLabel('Only what differs').uncheck()
  await code.getByRole('rowheader', { name: 'Source', exact: true }).waitFor()
  assert.equal(param('all'), '1')
  noErrors()
})

test('curves stand over each other or side by side', async () => {
  await go(`/compare?${chosen(0, 1, 2)}&metric=loss`)
  await main().getByRole('img', { name: /^loss\. seed-0-0\.1.*seed-0-0\.001/ }).waitFor()
  await main().getByLabel('Side by side').check()
  await main().getByRole('img', { name: /^loss\. seed-0-0\.1: / }).waitFor()
  await main().getByRole('img', { name: /^loss\. seed-0-0\.001: / }).waitFor()
  assert.equal(param('mode'), 'side')
  noErrors()
})

test('seeds are one line with a band', async () => {
  await go(`/compare?${ids.map((id) => `run=${id}`).join('&')}&metric=loss`)
  await main().getByLabel('One line for').selectOption('value lr')
  await main().getByText('3 lines of 12 runs').waitFor()
  await main().getByRole('img', { name: /^loss\. lr = 0\.1 \(4 runs\), mean: last .*lr = 0\.001 \(4 runs\), mean/ }).waitFor()
  await main().getByLabel('Band').selectOption('sd')
  assert.deepEqual([param('band'), param('band_by'), param('spread')], ['lr', 'value', 'sd'])
  await page.reload()
  await main().getByText('3 lines of 12 runs').waitFor()
  await main().getByLabel('One line for').selectOption('same kind')
  await main().getByText('12 lines of 12 runs').waitFor()
  noErrors()
})

test('a range on an axis leaves the runs within it, drawn or typed', async () => {
  await go(`/compare?experiment=${experiment}`)
  await page.getByRole('heading', { name: 'Compare all runs' }).waitFor()
  const parallel = section('Parallel coordinates')
  await parallel.getByText('12 runs').first().waitFor()
  const axis = await parallel.locator('[data-axis="metrics.auc"]').boundingBox()
  await page.mouse.move(axis.x + axis.width / 2, axis.y + 2)
  await page.mouse.down()
  await page.mouse.move(axis.x + axis.width / 2, axis.y + axis.height / 2, { steps: 6 })
  await page.mouse.up()
  await parallel.getByText(/^[4-8] of 12 runs within the ranges$/).waitFor()
  assert.match(param('brush'), /^metrics\.auc:0\.\d+,0\.\d+$/)

  const kinds = await parallel.locator('[data-axis="params.kind"]').boundingBox()
  await page.mouse.move(kinds.x + kinds.width / 2, kinds.y + 2)
  await page.mouse.down()
  await page.mouse.move(kinds.x + kinds.width / 2, kinds.y + kinds.height / 3, { steps: 6 })
  await page.mouse.up()
  await page.waitForFunction(() => new URLSearchParams(location.search).getAll('brush').length === 2)
  assert.match(new URL(page.url()).searchParams.getAll('brush')[1], /^params\.kind:=[a-z]+$/)
  await parallel.getByRole('combobox', { name: 'kind' }).selectOption('tree')
  await parallel.getByText(/^[2-4] of 12 runs within the ranges$/).waitFor()
  assert.deepEqual(new URL(page.url()).searchParams.getAll('brush').slice(1), ['params.kind:=tree'])
  await parallel.getByLabel('auc from').fill('0.8')
  await page.keyboard.press('Enter')
  await parallel.getByText('2 of 12 runs within the ranges').waitFor()
  await page.reload()
  await parallel.getByText('2 of 12 runs within the ranges').waitFor()
  await parallel.getByText('As a table').click()
  await parallel.getByRole('checkbox', { name: 'Choose seed-3-0.1' }).waitFor()
  assert.equal(await parallel.getByRole('rowheader').count(), 2)
  await parallel.getByRole('button', { name: 'Choose these 2' }).click()
  await main().getByRole('group', { name: 'Params' }).getByRole('rowheader', { name: 'lr' }).waitFor()
  await parallel.getByRole('button', { name: 'All ranges off' }).click()
  await parallel.getByText('12 runs', { exact: true }).waitFor()

  await parallel.getByRole('button', { name: 'Axes' }).click()
  await page.getByRole('dialog', { name: 'Axes' }).getByLabel('seed').uncheck()
  await page.keyboard.press('Escape')
  await parallel.locator('[data-axis="params.seed"]').waitFor({ state: 'detached' })
  noErrors()
})

test('a scatter plot and a contour take any axes', async () => {
  await go(`/compare?experiment=${experiment}`)
  const scatter = section('Scatter')
  await scatter.getByRole('img', { name: /^12 runs by / }).waitFor()
  await scatter.getByRole('combobox', { name: 'X', exact: true }).selectOption('params.lr')
  await scatter.getByRole('combobox', { name: 'Y', exact: true }).selectOption('metrics.auc')
  await scatter.getByRole('combobox', { name: 'Colour', exact: true }).selectOption('params.kind')
  await scatter.getByRole('img', { name: '12 runs by lr and auc, coloured by kind.' }).waitFor()
  assert.deepEqual([param('sx'), param('sy'), param('sc')], ['params.lr', 'metrics.auc', 'params.kind'])
  await scatter.locator('circle').first().click()
  await page.waitForFunction(() => new URLSearchParams(location.search).getAll('run').length === 1)
  await main().getByRole('heading', { name: 'Curves' }).waitFor()

  const contour = section('Contour')
  await contour.getByRole('combobox', { name: 'X', exact: true }).selectOption('params.lr')
  await contour.getByRole('combobox', { name: 'Y', exact: true }).selectOption('params.depth')
  await contour.getByRole('combobox', { name: 'Height' }).selectOption('metrics.loss')
  await contour.getByRole('img', { name: /^loss over lr and depth, between 12 runs\. Lowest \S+ at lr 0\.1/ }).waitFor()
  assert.equal(await contour.locator('circle').count(), 12)
  await contour.getByRole('combobox', { name: 'X', exact: true }).selectOption('params.kind')
  await contour.getByText('A contour needs numbers, and kind has others').waitFor()

  await go(`/compare?${chosen(0, 3)}&cx=params.lr&cy=params.depth&cz=metrics.loss`)
  await section('Contour').getByText('Too few runs for a contour: 2 pairs').waitFor()
  noErrors()
})
