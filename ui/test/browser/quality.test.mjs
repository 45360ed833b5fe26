// Rules of a dataset in a real browser against a real server: set, broken, guarded, taken away.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, commitFile, inBothThemes, openPage, startBrowser, startServer } from './stage.mjs'

let server, client, browser, stage, page

before(async () => {
  server = await startServer()
  client = new Client(server.url)
  browser = await startBrowser()
  stage = await openPage(browser)
  page = stage.page
  await commitFile(client, 'census.people', { content: `id,age,region\n${Array.from({ length: 60 }, (_, i) => `${i},${i === 7 ? 140 : 20 + i},${i % 9 ? 'north' : ''}`).join('\n')}\n`, mode: 'create' })
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const main = () => page.locator('main')
const own = (method, path, body) => client.call(method, `/api/millwright/v1${path}`, body)
const row = (name) => main().getByRole('listitem').filter({ hasText: name })

const looks = (name) => inBothThemes(page, `quality-${name}`)

test('rules are set, and the latest version is held against them', async () => {
  await page.goto(`${server.url}/ui/datasets/census.people`)
  await main().getByRole('link', { name: 'Quality' }).click()
  await main().getByText('No rule yet.').waitFor()
  const dialog = page.getByRole('dialog', { name: 'A new rule' })
  await main().getByRole('button', { name: 'Add a rule' }).click()
  await dialog.getByLabel('Name').fill('ages of people')
  await dialog.getByRole('combobox', { name: 'Kind' }).selectOption('range')
  await dialog.getByRole('combobox', { name: 'Column' }).selectOption('age')
  await dialog.getByLabel('At least').fill('0')
  await dialog.getByLabel('At most').fill('120')
  await looks('form')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await row('ages of people').getByRole('img', { name: 'broken' }).waitFor()
  await row('ages of people').getByText('age is at least 0 and at most 120').waitFor()
  await row('ages of people').getByText('140').waitFor()
  await main().getByRole('button', { name: 'Add a rule' }).click()
  await dialog.getByLabel('Name').fill('ids')
  await dialog.getByRole('combobox', { name: 'Kind' }).selectOption('unique')
  await dialog.getByRole('listbox', { name: 'Columns' }).selectOption(['id'])
  await dialog.getByRole('button', { name: 'Save' }).click()
  await row('ids').getByRole('img', { name: 'kept' }).waitFor()
  await main().getByText('version 1 breaks 1 rule').waitFor()
  await looks('broken')
  assert.deepEqual(stage.errors, [])
})

test('a guarded dataset keeps a bad version from main', async () => {
  await main().getByRole('checkbox', { name: /Guarded/ }).click()
  await page.getByText('Versions that break an error rule are kept from main.').waitFor()
  assert.equal((await own('GET', '/datasets/census.people/rules')).guarded, true)
})

test('a rule is changed, taken away and brought back', async () => {
  await main().getByRole('button', { name: 'Edit ages of people' }).click()
  const dialog = page.getByRole('dialog', { name: 'Rule ages of people' })
  await dialog.getByLabel('At most').fill('150')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await row('ages of people').getByRole('img', { name: 'kept' }).waitFor()
  await main().getByText('version 1 keeps all rules').waitFor()
  await main().getByRole('button', { name: 'Remove ids' }).click()
  await page.getByText('Removed ids.').waitFor()
  await row('ids').waitFor({ state: 'detached' })
  await page.keyboard.press('z')
  await row('ids').waitFor()
  assert.deepEqual(stage.errors, [])
})
