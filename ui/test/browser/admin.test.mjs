// What whoever looks after a server does: trash, audit, webhooks, settings, in a real browser against a real server.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Client, openPage, seriousFindings, startBrowser, startReceiver, startServer } from './stage.mjs'

let server, client, browser, receiver, stage, page
const state = {}

before(async () => {
  receiver = await startReceiver()
  server = await startServer(['--set', 'webhooks.allow-http=true', '--set', 'webhooks.allowed-ranges=127.0.0.0/8', '--set', 'webhooks.secret-key=0123456789abcdef'])
  client = new Client(server.url)
  browser = await startBrowser()
  stage = await openPage(browser)
  page = stage.page
})

after(async () => {
  await browser?.close()
  await server?.stop()
  await receiver?.stop()
})

const go = (path) => page.goto(`${server.url}/ui${path}`)
const main = () => page.locator('main')
const grid = () => page.getByRole('grid')
const own = (path) => client.call('GET', `/api/millwright/v1${path}`)
const noErrors = () => assert.deepEqual(stage.errors, [])

async function until(condition, what) {
  for (const deadline = Date.now() + 20_000; !(await condition()); ) {
    assert.ok(Date.now() < deadline, `waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('a run goes to the trash and comes back, one and many, and back again', async () => {
  state.churn = await client.experiment('churn')
  state.runs = []
  for (const name of ['first', 'second', 'third']) state.runs.push(await client.run(state.churn, { name, status: 'FINISHED' }))
  await client.artifact(state.churn, state.runs[0], 'model.bin', 'x'.repeat(5000))

  await go(`/runs/${state.runs[0]}`)
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Archive' }).click()
  await page.getByText('Archived the run.').waitFor()

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Trash & space' }).click()
  const row = grid().getByRole('row').filter({ hasText: 'first' })
  await row.getByText('5.0 kB').first().waitFor()
  await row.getByText('local').waitFor()
  await row.getByText('churn').waitFor()
  await main().getByText('1 thing in all with 1 file of 5.0 kB').waitFor()

  await row.getByRole('button', { name: 'Restore first' }).click()
  await page.getByText('Restored first.').waitFor()
  await main().getByText('The trash is empty').waitFor()
  await go(`/experiments/${state.churn}`)
  await grid().getByRole('link', { name: 'first' }).waitFor()

  await go('/trash')
  await main().getByText('The trash is empty').waitFor()
  await page.locator('[title="What is shown follows the server"]').first().waitFor()
  for (const run of state.runs) await client.post('runs/delete', { run_id: run })
  await grid().getByRole('link', { name: 'third' }).waitFor()
  await grid().getByRole('checkbox', { name: 'Tick all' }).check()
  await main().getByText('3 ticked').waitFor()
  await main().getByRole('button', { name: 'Restore', exact: true }).click()
  await page.getByText('Restored 3 things.').waitFor()
  await page.keyboard.press('z')
  await grid().getByRole('link', { name: 'third' }).waitFor()
  noErrors()
})

test('what is taken away for good needs a word typed by hand, and only what was chosen goes', async () => {
  await go(`/trash?item=run:${state.runs[0]}&item=run:${state.runs[1]}`)
  await main().getByText('2 ticked').waitFor()
  await main().getByRole('button', { name: 'Take away for good' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('2 things with 1 file of 5.0 kB go.').waitFor()
  await dialog.getByText('This cannot be undone').waitFor()
  assert.deepEqual(await seriousFindings(page), [])
  assert.equal(await dialog.getByRole('button', { name: 'Take away' }).isDisabled(), true)
  await dialog.getByLabel('Type “for good” to go on').fill('for good')
  await dialog.getByRole('button', { name: 'Take away' }).click()
  await dialog.getByText('2 things with 1 file are gone. The store holds 5.0 kB less.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await grid().getByRole('link', { name: 'third' }).waitFor()
  await grid().getByRole('link', { name: 'first' }).waitFor({ state: 'detached' })
  assert.deepEqual((await own('/trash')).items.map(({ id }) => id), [state.runs[2]])

  await main().getByRole('link', { name: 'Space' }).click()
  await grid().getByRole('link', { name: 'churn' }).waitFor()
  await main().getByRole('button', { name: 'Add up anew' }).click()
  await grid().getByRole('button', { name: 'Archived runs' }).click()
  assert.match(decodeURIComponent(page.url()), /order=deleted_runs\+DESC/)
  noErrors()
})

test('events are filtered by what is clicked, opened beside the table, and new ones appear', async () => {
  await client.post('registered-models/create', { name: 'fraud' })
  await go('/audit')
  await grid().getByRole('button', { name: 'model.created' }).waitFor()
  await grid().getByRole('button', { name: 'run.purged' }).first().click()
  await page.getByRole('button', { name: 'Remove Action: run.purged' }).waitFor()
  await grid().getByRole('button', { name: 'model.created' }).waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).searchParams.get('action'), 'run.purged')
  assert.equal(await grid().getByRole('button', { name: 'run.purged' }).count(), 2)

  await grid().getByTitle('Open the event').first().click()
  const panel = page.getByRole('complementary', { name: 'Event' })
  await panel.getByText('"action": "run.purged"').waitFor()
  await panel.getByText('"bytes":').waitFor()
  await page.reload()
  await panel.getByText('"action": "run.purged"').waitFor()
  await panel.getByRole('button', { name: 'Only this: request' }).click()
  await page.getByRole('button', { name: /^Remove Request: / }).waitFor()
  await page.goBack()
  await panel.getByText('"action": "run.purged"').waitFor()
  const address = new URL(page.url()).searchParams.get('event')
  await go(`/audit?action=model.created&event=${address}`)
  await panel.getByText('"action": "run.purged"').waitFor()
  await panel.getByRole('button', { name: 'Close the event' }).click()
  await panel.waitFor({ state: 'detached' })

  await go('/audit')
  await page.getByRole('button', { name: 'Filter the events' }).click()
  assert.deepEqual(await seriousFindings(page), [])
  await page.getByLabel('Entity', { exact: true }).fill('model:*')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await page.getByRole('button', { name: 'Remove Entity: model:*' }).waitFor()
  await page.locator('[title="What is shown follows the server"]').first().waitFor()
  await client.post('registered-models/create', { name: 'uplift' })
  await grid().getByRole('button', { name: 'model:uplift' }).waitFor()
  await grid().getByRole('button', { name: 'model:uplift' }).click()
  await grid().getByTitle('Open the event').first().click()
  await panel.getByRole('link', { name: 'Open what it is about' }).click()
  await page.getByRole('heading', { name: 'uplift' }).waitFor()
  noErrors()
})

test('whoever has scrolled down is told how much is new', async () => {
  for (let i = 0; i < 60; i++) await client.post('experiments/set-experiment-tag', { experiment_id: state.churn, key: `k${i}`, value: 'v' })
  await go(`/audit?entity=experiment:${state.churn}`)
  await grid().getByText('k59').first().waitFor()
  await page.locator('[title="What is shown follows the server"]').first().waitFor()
  await grid().evaluate((element) => element.scrollTo(0, 1000))
  await client.post('experiments/set-experiment-tag', { experiment_id: state.churn, key: 'newest', value: 'v' })
  await main().getByRole('button', { name: '1 new event' }).click()
  await grid().getByText('newest').first().waitFor()
  noErrors()
})

test('the chain is checked and said to be intact', async () => {
  await go('/audit')
  await main().getByText('Not checked yet.').waitFor()
  await main().getByRole('button', { name: 'Check now' }).click()
  await main().getByText(/Chain intact up to block \d+/).waitFor()
  await page.reload()
  await main().getByText(/Chain intact up to block \d+, checked .* by local/).waitFor()
  await main().getByRole('button', { name: 'Head' }).click()
  await page.getByText(/millwright ledger verify --head [0-9a-f]{64}/).waitFor()
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'More actions' }).click()
  const [proofs] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'Export with proofs' }).click()])
  assert.ok(readFileSync(await proofs.path(), 'utf8').split('\n').length > 10)
  const [table] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()])
  assert.match(readFileSync(await table.path(), 'utf8').split('\r\n')[0], /^at,actor,action,entity/)
  noErrors()
})

test('a webhook is made, hears of a model, and a delivery is sent again', async () => {
  await go('/webhooks')
  await main().getByRole('button', { name: 'New webhook' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('deploy')
  await dialog.getByLabel('Leads to').fill('http://10.1.2.3/hook')
  await dialog.getByLabel('Model created').check()
  await dialog.getByRole('button', { name: 'Make it' }).click()
  await dialog.getByRole('alert').getByText('non-public').waitFor()
  await dialog.getByLabel('Leads to').fill(receiver.url)
  await dialog.getByLabel('A new one').check()
  await dialog.getByRole('button', { name: 'Make one up' }).click()
  assert.deepEqual(await seriousFindings(page), [])
  await dialog.getByRole('button', { name: 'Make it' }).click()
  const panel = page.getByRole('region', { name: 'Webhook deploy' })
  await panel.getByText('Nothing was delivered yet').waitFor()
  await panel.getByText('yes; the secret is never shown').waitFor()

  await panel.getByRole('button', { name: 'Send a made-up event' }).click()
  await panel.getByText('Answered 200').waitFor()

  receiver.answer = { status: 404, body: 'not here' }
  await client.post('registered-models/create', { name: 'segments' })
  const deliveries = panel.getByRole('list', { name: 'Deliveries' })
  await deliveries.getByText('failed').waitFor()
  await deliveries.getByRole('button', { name: /registered_model\.created/ }).click()
  await deliveries.getByText('answered 404').waitFor()
  await deliveries.getByText('not here').waitFor()
  await deliveries.getByText('"name": "segments"').waitFor()

  receiver.answer = { status: 200, body: 'thanks' }
  await deliveries.getByRole('button', { name: 'Send again' }).click()
  await deliveries.getByText('delivered').waitFor()
  await deliveries.getByText('2 tries').waitFor()
  const told = receiver.got.filter(({ body }) => body.data?.name === 'segments')
  assert.equal(told.length, 2)
  assert.equal(told[0].headers['x-mlflow-delivery-id'], told[1].headers['x-mlflow-delivery-id'])
  assert.match(told[1].headers['x-mlflow-signature'], /^v1,/)
  stage.errors.splice(0, stage.errors.length, ...stage.errors.filter((error) => !/status of 400/.test(error)))
  noErrors()
})

test('a webhook is changed, paused and, after a word, deleted', async () => {
  await client.post('webhooks', { name: 'chat', url: receiver.url, events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }] })
  await go('/webhooks')
  await grid().getByRole('button', { name: 'Actions for chat' }).click()
  await page.getByRole('menuitem', { name: 'Change' }).click()
  await page.getByRole('dialog').getByLabel('Description').fill('Tells the team')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  const panel = page.getByRole('region', { name: 'Webhook chat' })
  await panel.getByText('Tells the team').waitFor()

  await panel.getByRole('button', { name: 'Actions for chat' }).click()
  await page.getByRole('menuitem', { name: 'Pause' }).click()
  await panel.getByText('paused', { exact: true }).waitFor()
  await page.getByRole('button', { name: /^Undo/ }).last().click()
  await panel.getByText('active', { exact: true }).waitFor()

  await panel.getByRole('button', { name: 'Actions for chat' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByText('The record of its deliveries is gone then, and cannot be had back').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Pause it' }).click()
  await panel.getByText('paused', { exact: true }).waitFor()
  await panel.getByRole('button', { name: 'Actions for chat' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await grid().getByRole('button', { name: 'chat', exact: true }).waitFor({ state: 'detached' })

  await grid().getByRole('button', { name: 'Actions for deploy' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByText('cannot be had back').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await grid().getByRole('button', { name: 'deploy', exact: true }).waitFor({ state: 'detached' })
  await until(async () => (await own('/webhooks')).webhooks.length === 0, 'no webhook is left')
  noErrors()
})

test('settings say what holds, where it comes from, and no secret', async () => {
  await go('/settings')
  const setting = (key) => page.locator(`[data-setting="${key}"]`)
  await setting('webhooks.allow-http').getByText('true').waitFor()
  await setting('webhooks.allow-http').getByText('flag').waitFor()
  await setting('webhooks.timeout').getByText('default').waitFor()
  await setting('webhooks.secret-key').getByText('set, not shown').waitFor()
  assert.equal(await main().getByText('0123456789abcdef').count(), 0)
  await page.getByPlaceholder('Name, value or meaning').fill('how often a delivery')
  await setting('webhooks.max-attempts').waitFor()
  await setting('webhooks.timeout').waitFor({ state: 'detached' })
  await page.getByPlaceholder('Name, value or meaning').fill('')
  await page.getByLabel('Only what somebody set').check()
  await setting('server.port').waitFor()
  await setting('log.level').waitFor({ state: 'detached' })

  await page.getByLabel('Compact').check()
  await page.getByLabel('Dark').check()
  await page.reload()
  assert.equal(await page.getByLabel('Compact').isChecked(), true)
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
  await page.getByLabel('As the system says').check()
  await go('/experiments')
  await grid().waitFor()
  assert.equal((await grid().locator('[role=row][aria-selected]').first().boundingBox()).height, 26)
  noErrors()
})

test('the whole trash is emptied', async () => {
  const old = await client.experiment('old')
  await client.run(old, { name: 'within', status: 'FINISHED' })
  await client.post('experiments/delete', { experiment_id: old })
  await go('/trash?kind=experiment')
  await grid().getByRole('link', { name: 'old' }).waitFor()
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Empty the trash' }).click()
  const dialog = page.getByRole('dialog', { name: 'Empty the trash' })
  await dialog.getByText(/^3 things with/).waitFor()
  await dialog.getByLabel('Type “for good” to go on').fill('for good')
  await page.keyboard.press('Enter')
  await dialog.getByText('3 things with 0 files are gone.').waitFor()
  await page.keyboard.press('Escape')
  await main().getByText('No experiment lies in the trash').waitFor()
  noErrors()
})

test('the screens and settings are found in the palette, and on a narrow screen under More', async () => {
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Find an experiment').fill('webhooks.max')
  await page.getByRole('option', { name: 'webhooks.max-attempts' }).click()
  await page.locator('[data-setting="webhooks.max-attempts"]').waitFor()
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Find an experiment').fill('audit')
  await page.getByRole('option', { name: 'Go to Audit' }).click()
  await page.getByRole('heading', { name: 'Audit' }).waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Webhooks' }).click()
  await page.getByRole('heading', { name: 'Webhooks' }).waitFor()
  noErrors()
})

test('whoever may not see something is told which right it needs', async () => {
  const guarded = await startServer(['--set', 'server.authentication=on'])
  try {
    const admin = new Client(guarded.url, guarded.token)
    const ours = '/api/millwright/v1'
    await admin.call('POST', `${ours}/users`, { name: 'vera' })
    await admin.call('POST', `${ours}/grants`, { subject: 'user:vera', entity: 'workspace:default', role: 'viewer' })
    const { token } = await admin.call('POST', `${ours}/tokens`, { owner: 'vera', name: 'browser' })
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.setExtraHTTPHeaders({ authorization: `Bearer ${token}` })
    for (const [path, needs] of [
      ['/trash', 'This needs the right to manage this workspace'],
      ['/audit', 'This needs the right to audit (the role auditor)'],
      ['/webhooks', 'This needs the right to manage this workspace'],
      ['/settings', 'This needs an administrator'],
    ]) {
      await page.goto(`${guarded.url}/ui${path}`)
      await main().getByText(needs).waitFor()
      await main().getByText("Permission denied: 'vera' has no right to").waitFor()
    }
    await page.getByLabel('Compact').waitFor()
  } finally {
    await page.setExtraHTTPHeaders({})
    await guarded.stop()
  }
})
