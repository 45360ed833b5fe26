// The lineage graph in a real browser against a real server: from a dataset to what is live, and back.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Client, commitFile, inBothThemes, openPage, startBrowser, startServer } from './stage.mjs'

let server, client, browser, stage, page, run

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
const own = (path) => client.call('GET', `/api/millwright/v1${path}`)
const noErrors = () => assert.deepEqual(stage.errors, [])
const graph = () => page.getByRole('group', { name: 'Graph' })
const box = (name) => graph().getByRole('button', { name })

const looks = (name) => inBothThemes(page, `lineage-${name}`)

/** A dataset of two versions, a run that read the first, and a model version that came of it and is live. */
test('data is logged', async () => {
  const rows = (from) => `id,age,region\n${Array.from({ length: 20 }, (_, i) => `${from + i},${i},north`).join('\n')}\n`
  await commitFile(client, 'census.people', { content: rows(0), mode: 'create' })
  await commitFile(client, 'census.people', { content: rows(20) })
  const experiment = await client.experiment('churn')
  run = await client.run(experiment, { name: 'bold-crane', status: 'FINISHED' })
  await client.post('runs/log-inputs', {
    run_id: run,
    datasets: [
      { dataset: { name: 'people', digest: 'a', source_type: 'local', source: '"millwright://census.people@1"', schema: '{"mlflow_colspec":[{"type":"long","name":"age"},{"type":"string","name":"region"}]}' } },
      { dataset: { name: 'weather', digest: 'b', source_type: 's3', source: '{"uri":"s3://elsewhere/weather.parquet"}' } },
    ],
  })
  await client.post('registered-models/create', { name: 'churn' })
  await client.post('model-versions/create', { name: 'churn', source: `mlflow-artifacts:/${experiment}/${run}/artifacts/model`, run_id: run })
  await client.post('registered-models/alias', { name: 'churn', alias: 'champion', version: '1' })
  for (const deadline = Date.now() + 20_000; ; ) {
    const { counts } = await client.call('GET', '/api/millwright/v1/lineage/impact?node=dataset:census.people').catch(() => ({ counts: {} }))
    if (counts.alias === 1) return
    assert.ok(Date.now() < deadline, `the graph has only ${JSON.stringify(counts)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
})

test('it asks of what, and a name of a dataset will do', async () => {
  await go('/')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Lineage' }).click()
  await main().getByText('Of what?').waitFor()
  await looks('empty')
  await main().getByLabel('Lineage of').fill('census.people')
  await main().getByRole('button', { name: 'Show' }).click()
  await page.waitForURL(/node=dataset:census\.people/)
  await box('census.people dataset').waitFor()
  await box('bold-crane run').waitFor()
  noErrors()
})

test('the graph has versions by their number, runs by their name, and a list of what may break', async () => {
  await box('census.people version 1').waitFor()
  await box('census.people version 2').waitFor()
  const impact = page.getByRole('region', { name: 'Impact' })
  await impact.getByText(/things may break if it changes/).waitFor()
  await impact.getByRole('button', { name: /champion alias of churn/ }).waitFor()
  await main().getByLabel('Steps').selectOption('6')
  await box('champion alias of churn').waitFor()
  await looks('graph')
  noErrors()
})

test('what leads on is closed and opened, and the address holds it', async () => {
  await graph().getByRole('button', { name: 'Close what leads on from bold-crane' }).click()
  await box('champion alias of churn').waitFor({ state: 'detached' })
  await page.waitForURL(/closed=run/)
  await page.reload()
  await box('bold-crane run').waitFor()
  assert.equal(await box('champion alias of churn').count(), 0)
  await looks('closed')
  await page.goBack()
  await box('champion alias of churn').waitFor()
  noErrors()
})

test('keys walk the graph, close, and put a thing in the middle', async () => {
  await box('census.people dataset').click()
  await page.keyboard.press('ArrowRight')
  const marked = () => graph().locator('[aria-pressed=true]')
  await page.waitForFunction(() => document.querySelector('[aria-pressed=true]')?.textContent.includes('version'))
  for (let i = 0; i < 6 && !(await marked().innerText()).includes('bold-crane'); i++) await page.keyboard.press('ArrowRight')
  assert.match(await marked().innerText(), /bold-crane/)
  await page.keyboard.press('c')
  await box('champion alias of churn').waitFor({ state: 'detached' })
  await page.keyboard.press('c')
  await box('champion alias of churn').waitFor()
  await main().getByRole('heading', { name: 'bold-crane' }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/node=run:/)
  await box('weather.parquet').or(box('s3')).first().waitFor()
  noErrors()
})

test('the origin of what is live, with its columns', async () => {
  await go('/lineage?node=alias:churn@champion&direction=up&depth=10')
  await box('census.people version 1').waitFor()
  await main().getByRole('tab', { name: 'Origin' }).click()
  const origin = page.getByRole('region', { name: 'Origin' })
  await origin.getByText('It comes from').waitFor()
  await origin.getByRole('button', { name: /^age column of census\.people/ }).waitFor()
  assert.equal(await box('age column of census.people').count(), 0)
  await main().getByLabel('Columns').check()
  await box('age column of census.people').waitFor()
  await looks('columns')
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Origin as CSV' }).click()])
  assert.match(readFileSync(await file.path(), 'utf8'), /column:census\.people#age/)
  noErrors()
})

test('a column has its own impact, and a thing leads to its page', async () => {
  await go('/lineage?node=column:census.people%23age')
  await box('bold-crane run').waitFor()
  await box('bold-crane run').click()
  await main().getByRole('link', { name: 'Open its page' }).click()
  await page.getByRole('heading', { level: 1, name: 'bold-crane' }).waitFor()
  await go('/datasets/census.people')
  await main().getByRole('link', { name: 'Lineage' }).click()
  await box('census.people dataset').waitFor()
  noErrors()
})

test('it is shown as it stood on a day', async () => {
  await go('/lineage?node=dataset:census.people')
  await graph().waitFor()
  await main().getByLabel('As of').fill('2020-01-01')
  await page.waitForURL('**at=2020-01-01*')
  await main().getByText('It stands alone so far').waitFor()
  await main().getByText('nothing breaks').waitFor()
  await main().getByLabel('As of').fill('')
  await graph().waitFor()
  noErrors()
})

test('a dataset names who uses it', async () => {
  await go('/datasets/census.people')
  await main().getByRole('navigation').getByRole('link', { name: 'Consumers' }).click()
  await main().getByText('3 things may break if it changes.').waitFor()
  await main().getByRole('button', { name: /champion/ }).waitFor()
  await looks('consumers')
  await main().getByRole('button', { name: /bold-crane/ }).click()
  await page.getByRole('heading', { level: 1, name: 'bold-crane' }).waitFor()
  noErrors()
})

test('a thing that is not there is told', async () => {
  await go('/lineage?node=nonsense:x')
  await main().getByText("'node' is 'nonsense:x'").waitFor()
  stage.errors.length = 0
})
