// The SQL page in a real browser against a real server: written, completed, run, drawn, stopped, saved and found again.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Client, commitFile, inBothThemes, openPage, startBrowser, startServer } from './stage.mjs'

let server, client, browser, stage, page

before(async () => {
  server = await startServer()
  client = new Client(server.url)
  browser = await startBrowser()
  stage = await openPage(browser)
  page = stage.page
  const rows = Array.from({ length: 500 }, (_, i) => `${i},${2015 + (i % 4)},${['north', 'south', 'east'][i % 3]},${(i * 37) % 1000}`)
  await commitFile(client, 'census.people', { content: `id,year,region,income\n${rows.slice(0, 300).join('\n')}\n`, mode: 'create' })
  await commitFile(client, 'census.people', { content: `id,year,region,income\n${rows.slice(300).join('\n')}\n` })
  await client.call('PATCH', '/api/millwright/v1/datasets/census.people', { columns: { income: { doc: 'Gross, of the year before', unit: 'EUR' } } })
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const go = (path) => page.goto(`${server.url}/ui${path}`)
const main = () => page.locator('main')
const grid = () => page.getByRole('grid')
const editor = () => page.getByRole('textbox', { name: 'SQL' })
const result = () => page.getByRole('region', { name: 'Result' })
const own = (method, path, body) => client.call(method, `/api/millwright/v1${path}`, body)
const noErrors = () => assert.deepEqual(stage.errors, [])

/** Brackets and quotes close themselves as one types, so a whole query is put in at once. */
async function write(sql) {
  await page.keyboard.press('Escape')
  await editor().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
  // The list of completions may stand over the buttons.
  await page.keyboard.press('Escape')
}

const looks = (name) => inBothThemes(page, `sql-${name}`)

test('datasets and columns are completed as one types', async () => {
  await go('/')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'SQL' }).click()
  await editor().click()
  await main().getByText('Nothing was run yet').waitFor()
  await page.keyboard.type('from cens')
  const list = page.getByRole('listbox')
  await list.getByRole('option', { name: /census\.people/ }).waitFor()
  await looks('completion')
  await page.keyboard.press('Enter')
  await page.keyboard.type(' p where p.inc')
  await list.getByRole('option', { name: /income/ }).waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.type(' > 500')
  assert.equal(await editor().innerText(), 'from census.people p where p.income > 500')
  noErrors()
})

test('a query runs by Ctrl Enter, its rows are sorted and opened, and the address holds it', async () => {
  await page.keyboard.press('Control+Enter')
  await result().getByText(/\d+ rows in/).waitFor()
  await result().getByText('version 2').waitFor()
  assert.match(new URL(page.url()).searchParams.get('sql'), /^from census\.people p/)
  await grid().getByRole('button', { name: 'income' }).click()
  await page.waitForFunction(() => document.querySelector('[role=grid] [aria-rowindex="2"]')?.textContent.includes('999'))
  await grid().getByRole('row').nth(1).dblclick()
  await page.getByRole('dialog', { name: /^Row/ }).getByText('999').waitFor()
  await page.keyboard.press('Escape')
  await looks('rows')
  await page.reload()
  await editor().waitFor()
  assert.equal(await editor().innerText(), 'from census.people p where p.income > 500')
  noErrors()
})

test('keys of the page do not fire while one writes', async () => {
  await editor().click()
  await page.keyboard.type('?/j')
  assert.equal(await page.getByRole('dialog').count(), 0)
  assert.match(await editor().innerText(), /\?\/j/)
})

test('the rows are drawn, and what is drawn stands in the address', async () => {
  await write('select region, year, avg(income) as mean, count(*) as people from census.people group by all order by all')
  await main().getByRole('button', { name: 'Run' }).click()
  await result().getByText('12 rows in').waitFor()
  await result().getByRole('tab', { name: 'Chart' }).click()
  await result().getByRole('img', { name: /mean: 12 points/ }).waitFor()
  await result().getByLabel('Kind').selectOption('points')
  await result().getByLabel('Along').selectOption({ label: 'year' })
  await result().getByRole('checkbox', { name: 'year' }).uncheck()
  await result().getByRole('checkbox', { name: 'people' }).uncheck()
  await page.waitForURL(/kind=points/)
  await page.waitForURL(/cx=year/)
  await looks('chart')
  await result().getByRole('tab', { name: 'Rows' }).click()
  noErrors()
})

test('a plan says how much would be read, and nothing runs', async () => {
  const before = (await own('GET', '/sql/queries')).queries.length
  await main().getByRole('button', { name: 'Explain' }).click()
  await result().getByText(/It would read at most 500 rows/).waitFor()
  await looks('plan')
  assert.equal((await own('GET', '/sql/queries')).queries.length, before)
  await result().getByRole('tab', { name: 'Rows' }).click()
  noErrors()
})

test('what is wrong with a query is told', async () => {
  await write('select nope from census.people')
  await page.keyboard.press('Control+Enter')
  await result().getByText('The query failed').waitFor()
  await result().getByText(/nope/).waitFor()
  await looks('failed')
  await write("select * from read_csv('/etc/passwd')")
  await page.keyboard.press('Control+Enter')
  await result().getByText(/read_csv/).waitFor()
  stage.errors.length = 0
})

test('a query that takes too long is stopped', async () => {
  await write('select count(*) from range(1000000000) a, range(1000) b where hash(a.range + b.range) % 7 = 3')
  await page.keyboard.press('Control+Enter')
  await result().getByText(/Running for/).waitFor()
  await main().getByRole('button', { name: 'Stop' }).click()
  await result().getByText('The query was stopped').waitFor()
  await main().getByRole('tab', { name: 'History' }).click()
  await page.getByRole('complementary').getByText('stopped').first().waitFor()
  stage.errors.length = 0
})

test('the history brings a query back', async () => {
  const side = page.getByRole('complementary', { name: 'Beside the query' })
  await side.getByRole('searchbox').fill('avg(')
  await side.getByRole('button', { name: /avg\(income\)/ }).first().click()
  await page.waitForFunction(() => location.search.includes('avg'))
  assert.match(await editor().innerText(), /^select region, year, avg\(income\)/)
  await side.getByRole('searchbox').fill('')
  await side.getByLabel("Everybody's").check()
  await page.waitForURL('**everybodys=1*')
  await side.getByText('local').first().waitFor()
  await looks('history')
  await page.goBack()
  await page.waitForFunction(() => !location.search.includes('avg'))
  assert.match(await editor().innerText(), /range\(1000000000\)/)
  await page.goForward()
  await page.waitForFunction(() => location.search.includes('avg'))
  noErrors()
})

test('a query is saved, has a link of its own, and is not overwritten by another', async () => {
  await main().getByRole('button', { name: 'Save' }).click()
  const dialog = page.getByRole('dialog', { name: 'Save the query' })
  await dialog.getByLabel('Name').fill('people by region')
  await dialog.getByLabel('Description').fill('Mean income by year')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved people by region.').waitFor()
  await page.waitForURL((url) => url.searchParams.get('saved') === 'people by region' && !url.searchParams.has('sql'))
  await main().getByRole('button', { name: 'Copy link' }).click()
  await page.getByText('Copied the link').waitFor()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  assert.equal(link, `${server.url}/ui/sql?saved=people+by+region`)
  await page.goto(link)
  await main().getByText('Mean income by year').first().waitFor()
  assert.match(await editor().innerText(), /^select region/)
  await write('select 1 as one')
  await main().getByText('changed', { exact: true }).waitFor()
  await own('PUT', '/sql/saved/people%20by%20region', { sql: 'select 2 as two', description: 'Changed by Bob' })
  await main().getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText(/was changed meanwhile/).waitFor()
  await dialog.getByLabel('Name').fill('one')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved one.').waitFor()
  assert.equal((await own('GET', '/sql/saved/people%20by%20region')).sql, 'select 2 as two')
  await main().getByRole('tab', { name: 'Saved' }).click()
  await page.getByRole('complementary').getByText('Changed by Bob').waitFor()
  await looks('saved')
  stage.errors.length = 0
})

test('a result is taken away as a file, and a dataset leads here', async () => {
  await page.keyboard.press('Control+Enter')
  await result().getByText('1 row in').waitFor()
  await result().getByRole('button', { name: 'Download' }).click()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'CSV' }).click()])
  assert.equal(file.suggestedFilename(), 'query.csv')
  assert.equal(readFileSync(await file.path(), 'utf8'), 'one\r\n1\r\n')
  await go('/datasets/census.people')
  await main().getByRole('link', { name: 'Query' }).click()
  await editor().waitFor()
  assert.match(await editor().innerText(), /from census\.people/)
  await page.getByRole('complementary', { name: 'Beside the query' }).getByRole('button', { name: 'census.people', exact: true }).click()
  await page.getByRole('complementary', { name: 'Beside the query' }).getByRole('button', { name: /income/ }).waitFor()
  noErrors()
})

test('a dataset shows its first rows, of any version', async () => {
  await go('/datasets/census.people')
  await main().getByRole('navigation').getByRole('link', { name: 'Preview' }).click()
  await grid().getByText('north').first().waitFor()
  assert.equal(await grid().getAttribute('aria-rowcount'), '101')
  await looks('preview')
  await main().getByRole('navigation').getByRole('link', { name: 'Versions' }).click()
  await page.getByRole('listitem').filter({ hasText: 'Version 1' }).getByRole('link', { name: 'Preview' }).click()
  await main().getByText('Preview of version 1').waitFor()
  await main().getByRole('link', { name: 'More by SQL' }).click()
  await editor().waitFor()
  assert.match(await editor().innerText(), /at \(version => 1\)/)
  noErrors()
})

test('the values of columns are looked at, and the address holds that', async () => {
  await go('/datasets/census.people')
  await grid().getByRole('img', { name: /^region, / }).waitFor()
  const region = grid().getByRole('row').filter({ hasText: 'region' })
  assert.match(await region.getByRole('img').getAttribute('aria-label'), /(north|south): 167, (south|north): 167, east: 166/)
  await looks('profile')
  await main().getByRole('button', { name: 'Hide values' }).click()
  await grid().getByRole('img', { name: /^region, / }).waitFor({ state: 'detached' })
  await page.waitForURL(/values=hidden/)
  noErrors()
})

test('two versions are compared side by side', async () => {
  await commitFile(client, 'census.people', { content: `id,year,income,note\n${Array.from({ length: 300 }, (_, i) => `${i},2019,${5000 + i},x`).join('\n')}\n`, mode: 'overwrite', evolve: true })
  await go('/datasets/census.people')
  await main().getByRole('link', { name: 'Compare' }).click()
  const row = (name) => main().getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
  await row('income').getByText(/shifted, PSI/).waitFor()
  await row('note').getByText('new', { exact: true }).waitFor()
  await row('region').getByText('+100 % missing').waitFor()
  await main().getByText('500 rows and 300').waitFor()
  await looks('compare')
  await main().getByRole('combobox').nth(0).selectOption('1')
  await main().getByRole('combobox').nth(1).selectOption('2')
  await page.waitForURL(/from=1&to=2/)
  await main().getByText('300 rows and 500').waitFor()
  await main().getByLabel('Only what differs').check()
  noErrors()
})
